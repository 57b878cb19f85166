import * as E from 'fp-ts/Either'
import { type CategoryOptions, openCategory } from 'reprise'
import type { EventStore } from 'reprise/adapter'
import { memory } from 'reprise/memory'
import { add, counter, type CounterEvent } from '../support/counter'
import { right } from '../support/right'
import { freshId } from '../support/stores'

/** Keeps every text that was noted. */
const { snapshots: _none, ...plain } = counter
const notes = {
  ...plain,
  decider: {
    ...counter.decider,
    initialState: { total: 0, events: 0, texts: [] as ReadonlyArray<string> },
    evolve: (
      state: { total: number; events: number; texts: ReadonlyArray<string> },
      event: CounterEvent,
    ) => ({
      ...state,
      events: state.events + 1,
      texts: event.type === 'Noted' ? [...state.texts, event.text] : state.texts,
    }),
  },
}

const counting = (options: CategoryOptions) => {
  const { store } = memory()
  const [loads, sizes]: [string[], number[]] = [[], []]
  const counted: EventStore = {
    ...store,
    load: (request) => {
      loads.push(request.streamId)
      return store.load(request)
    },
    append: (request) => {
      sizes.push(JSON.stringify(request.events).length)
      return store.append(request)
    },
  }
  return { category: openCategory(notes, { store: counted }, options), loads, sizes }
}

const note = (size: number) => ({ type: 'Note', text: 'x'.repeat(size) }) as const

describe('the states in memory', () => {
  it('are together no larger than they may be, the ones used last among them', async () => {
    const { category, loads } = counting({ cachedStatesSize: 250_000 })
    const ids = [freshId(), freshId(), freshId(), freshId()]
    for (const id of ids) await right(category.handleCommand(id, note(100_000)))
    loads.length = 0
    for (const id of ids.slice().reverse()) await right(category.cached(id))
    expect(loads).toEqual([`counter-${ids[1]}`, `counter-${ids[0]}`])
  })

  it('do not include one that is larger alone, whose commands are handled all the same', async () => {
    const { category, loads } = counting({ cachedStatesSize: 50_000 })
    const [large, small] = [freshId(), freshId()]
    await right(category.handleCommand(small, note(10)))
    for (let version = 1; version <= 3; version++) {
      expect(await right(category.handleCommand(large, note(100_000)))).toMatchObject({ version })
    }
    loads.length = 0
    await right(category.cached(small))
    expect(loads).toEqual([])
    await right(category.cached(large))
    expect(loads).toEqual([`counter-${large}`])
  })

  it('are measured again when they have grown', async () => {
    const { category, loads } = counting({ cachedStatesSize: 400_000 })
    const [growing, other] = [freshId(), freshId()]
    for (let n = 0; n < 8; n++) await right(category.handleCommand(growing, note(30_000)))
    await right(category.handleCommand(other, note(250_000)))
    loads.length = 0
    await right(category.cached(other))
    expect(loads).toEqual([])
    await right(category.cached(growing))
    expect(loads).toEqual([`counter-${growing}`])
  })

  it.each([{ cachedStates: 0 }, { cachedStatesSize: 0 }])('are none with %j', async (options) => {
    const { category, loads } = counting(options)
    const id = freshId()
    await right(category.handleCommand(id, add(1)))
    await right(category.handleCommand(id, add(1)))
    expect(loads).toHaveLength(2)
  })

  it('may hold anything, and refer to themselves', async () => {
    const around: Record<string, unknown> = {
      list: [new Map([['a', new Set([1])]]), new Uint8Array(9)],
    }
    around['self'] = around
    const id = freshId()
    const odd = openCategory(
      {
        ...plain,
        decider: { ...counter.decider, evolve: () => ({ total: 0, events: 0, around }) },
      },
      memory(),
    )
    await right(odd.handleCommand(id, add(1)))
    expect(await right(odd.handleCommand(id, add(1, 1)))).toMatchObject({ version: 3 })
  })
})

describe('commands that share an append', () => {
  it('are no more than a few megabytes of events, and are all answered in their order', async () => {
    const { category, sizes } = counting({})
    const id = freshId()
    const sent = 60
    const answers = await Promise.all(
      Array.from({ length: sent }, () => category.handleCommand(id, note(500_000))()),
    )
    expect(answers.map((answer) => (E.isRight(answer) ? answer.right.version : answer))).toEqual(
      Array.from({ length: sent }, (_, n) => n + 1),
    )
    expect(Math.max(...sizes)).toBeLessThan(5_000_000)
    expect(sizes.length).toBeLessThan(12)
  })

  it('are decided again in their order when another writer was first', async () => {
    const { store } = memory()
    const elsewhere = openCategory(notes, { store })
    const id = freshId()
    let interfere = true
    const contested: EventStore = {
      ...store,
      append: (request) => async () => {
        if (interfere && request.events.length > 1) {
          interfere = false
          await right(elsewhere.handleCommand(id, add(7)))
        }
        return store.append(request)()
      },
    }
    const category = openCategory(notes, { store: contested })
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => category.handleCommand(id, note(500_000))()),
    )
    expect(interfere).toBe(false)
    const versions = answers.map((answer) => (E.isRight(answer) ? answer.right.version : 0))
    expect(versions).toEqual([1, ...Array.from({ length: 19 }, (_, n) => n + 3)])
  })
})
