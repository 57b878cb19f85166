import type * as TE from 'fp-ts/TaskEither'
import type * as Memory from 'reprise/memory'
import type * as Side from '../support/postgres-read-side'
import { right } from '../support/right'
import type * as Reprise from 'reprise'
import type * as Counter from '../support/counter'
import type * as Stores from '../support/stores'
import { freshId, type StoreUnderTest } from '../support/stores'

const [realTimeout, realNow] = [setTimeout, Date.now]

/** Waits until the lease of the only subscription has been prolonged. */
const isProlonged = async ({ status }: Pick<Reprise.Backend<unknown>['operator'], 'status'>) => {
  const leasedUntil = async () => (await right(status()))[0]?.leasedUntil ?? 0
  const [before, end] = [await leasedUntil(), realNow() + 10_000]
  while ((await leasedUntil()) <= before) {
    if (realNow() > end) throw new Error('the lease was not prolonged')
    await new Promise((resolve) => void realTimeout(resolve, 10))
  }
}

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

describe.each(['before', 'after'] as const)(
  'a subscription, when fake timers are installed %s the library is loaded',
  (when) => {
    afterEach(() => {
      jest.useRealTimers()
    })

    // The clocks that measure stand still for the test, and not for the subscription: its batches, its leases, its
    // pauses between two looks and the wait for it all go on.
    it.each<readonly [string, NonNullable<Parameters<typeof jest.useFakeTimers>[0]>]>([
      ['memory', {}],
      ['PostgreSQL', { doNotFake: ['nextTick'] }],
    ])('continues in %s, through leases, failures and polls', async (kind, config) => {
      jest.resetModules()
      if (when === 'before') jest.useFakeTimers()
      const { openCategory, counter, add, runSubscription, fromStart, untilReached } = load()
      const { left: refused, right: done } = jest.requireActual<typeof TE>('fp-ts/TaskEither')
      const { memory } = jest.requireActual<typeof Memory>('reprise/memory')
      const { postgresReadSide } = jest.requireActual<typeof Side>('../support/postgres-read-side')
      jest.useRealTimers()
      const opened: unknown = kind === 'memory' ? memory() : await postgresReadSide()
      const backend = opened as Reprise.Backend<unknown>
      jest.useFakeTimers(config)
      const [seen, stop, counters] = [
        new Array<number>(),
        new AbortController(),
        openCategory(counter, backend),
      ]
      let fails = true
      const run = runSubscription({
        name: 'under-fake-timers',
        from: fromStart,
        events: counter.events,
        leaseDuration: 300,
        maxPollInterval: 50,
        handle: ({ version }) => {
          if (!fails) {
            seen.push(version)
            return done(undefined)
          }
          fails = false
          return refused('not yet')
        },
      })(backend, { signal: stop.signal })()
      const id = freshId()
      let position = 0
      for (let round = 1; round <= 3; round++) {
        const { events } = await right(counters.handleCommand(id, add(1, 1)))
        position = events[1]?.position ?? 0
        expect(await untilReached('under-fake-timers', position, 20_000)(backend)()).toMatchObject({
          _tag: 'Right',
        })
        await isProlonged(backend.operator)
      }
      // A wait ends when its time is over, and not when the test's time is.
      expect(
        await untilReached('under-fake-timers', position + 1_000, 100)(backend)(),
      ).toMatchObject({ left: { _tag: 'NotReachedYet' } })
      stop.abort()
      expect(await run).toMatchObject({ _tag: 'Right' })
      jest.useRealTimers()
      expect(seen.length).toBeGreaterThanOrEqual(6)
      await backend.close()
    })
  },
)
