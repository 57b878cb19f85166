import { right } from '../support/right'
import type * as Reprise from 'reprise'
import type * as Counter from '../support/counter'
import type * as Stores from '../support/stores'
import { freshId, type StoreUnderTest } from '../support/stores'

/** The library anew, as it is when it is loaded at this moment. */
const load = () => ({
  ...jest.requireActual<typeof Reprise>('reprise'),
  ...jest.requireActual<typeof Counter>('../support/counter'),
  ...jest.requireActual<typeof Stores>('../support/stores'),
})

describe.each(['before', 'after'] as const)(
  'fake timers, installed %s the library is loaded',
  (when) => {
    let library: ReturnType<typeof load>
    const opened: StoreUnderTest[] = []

    beforeAll(async () => {
      jest.resetModules()
      if (when === 'before') jest.useFakeTimers()
      library = load()
      if (when === 'before') jest.useRealTimers()
      // A connection to the server takes timers of the driver's own.
      for (const [, open] of library.stores) opened.push(await open())
    })
    afterEach(() => {
      jest.useRealTimers()
    })
    afterAll(async () => {
      for (const { close } of opened) await close()
    })

    // The driver needs `nextTick`, whoever uses it.
    it.each<readonly [string, number, NonNullable<Parameters<typeof jest.useFakeTimers>[0]>]>([
      ['memory', 0, {}],
      ['PostgreSQL', 1, { doNotFake: ['nextTick'] }],
    ])(
      'do not stop commands, alone, together, or after a conflict, on %s',
      async (_name, index, config) => {
        const { openCategory, counter, add } = library
        const at = opened[index]!
        const id = freshId()
        const counters = openCategory(counter, at)
        const elsewhere = openCategory(counter, { store: at.second })
        const warm = Array.from({ length: 12 }, () => freshId())
        await Promise.all(warm.map((one) => right(counters.handleCommand(one, add(1)))))
        await right(elsewhere.handleCommand(id, add(1)))
        await right(counters.handleCommand(id, add(1)))
        jest.useFakeTimers(config)
        for (let round = 0; round < 5; round++) {
          await right(elsewhere.handleCommand(id, add(1)))
          await Promise.all(
            Array.from({ length: 5 }, () => right(counters.handleCommand(id, add(1)))),
          )
          await Promise.all(warm.map((one) => right(counters.handleCommand(one, add(1)))))
        }
        expect(await right(counters.load(id))).toMatchObject({ version: 32 })
      },
    )
  },
)
