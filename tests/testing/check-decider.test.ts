import * as E from 'fp-ts/Either'
import fc from 'fast-check'
import * as t from 'io-ts'
import { type Decider } from 'reprise'
import { commandCodec, eventCodec, type EventCodec, eventType, stateCodec } from 'reprise/codec'
import { assertLaws, brokenLaws, checkDecider, describeLawReport } from 'reprise/testing'

const Add = t.strict({ type: t.literal('Add'), amount: t.Int })
type Add = t.TypeOf<typeof Add>
const Close = t.strict({ type: t.literal('Close') })
const Added = t.strict({ type: t.literal('Added'), amount: t.Int })
const Closed = t.strict({ type: t.literal('Closed') })
type Command = Add | t.TypeOf<typeof Close>
type Event = t.TypeOf<typeof Added> | t.TypeOf<typeof Closed>
const State = t.strict({ total: t.number, isClosed: t.boolean })
type State = t.TypeOf<typeof State>
type Rejection = { readonly _tag: 'IsClosed' }
type Counter = Decider<Command, State, Event, Rejection>

const counter: Counter = {
  initialState: { total: 0, isClosed: false },
  decide: (command, { isClosed }) => {
    if (isClosed) return E.left({ _tag: 'IsClosed' })
    switch (command.type) {
      case 'Add':
        return E.right([{ type: 'Added', amount: command.amount }])
      case 'Close':
        return E.right([{ type: 'Closed' }])
    }
  },
  evolve: (state, event) => {
    switch (event.type) {
      case 'Added':
        return { ...state, total: state.total + event.amount }
      case 'Closed':
        return { ...state, isClosed: true }
    }
  },
  isTerminal: ({ isClosed }) => isClosed,
}

const codecs = {
  commands: commandCodec<Command>({ Add, Close }),
  events: eventCodec<Event>({ Added: eventType(Added), Closed: eventType(Closed) }),
  state: stateCodec(1, State),
}

const broken = (decider: Partial<Counter>, more: object = {}) =>
  brokenLaws(checkDecider({ decider: { ...counter, ...decider }, codecs, runs: 200, ...more }))

const namesOf = (decider: Partial<Counter>, more: object = {}) =>
  broken(decider, more).map(({ law }) => law)

describe('checkDecider', () => {
  it('finds nothing wrong with a good decider, making everything up from its codecs', () => {
    const report = checkDecider({
      decider: counter,
      codecs,
      idempotent: ({ type }) => type === 'Close',
      storedEvents: [{ type: 'Closed', schemaVersion: 1, data: {} }],
    })
    expect(report.results.filter(({ _tag }) => _tag !== 'Held')).toEqual([])
    expect(report.results).toHaveLength(13)
    expect(() => assertLaws(report)).not.toThrow()
    expect(describeLawReport(report)).toContain('The decider satisfies the laws.')
  })

  it('says what it could not check', () => {
    const { isTerminal: _, ...endless } = counter
    const commands = fc.constant<Command>({ type: 'Close' })
    const report = checkDecider({ decider: endless, commands, runs: 20 })
    expect(
      report.results.flatMap((each) => (each._tag === 'NotChecked' ? [each.law] : [])),
    ).toEqual([
      'the end is final',
      'idempotent',
      'a snapshot at every cut equals replay',
      'commands pass validation',
      'events survive the store',
      'upcasting a chain equals one jump',
    ])
    expect(describeLawReport(report)).toContain(
      'not checked  idempotent: `idempotent` was not given',
    )
  })

  it('prints the law, its meaning, a small counterexample and the seed', () => {
    const evolve: Counter['evolve'] = (state, event) =>
      event.type === 'Closed'
        ? Object.assign(state, { isClosed: true })
        : counter.evolve(state, event)
    const decider = { ...counter, initialState: { total: 0, isClosed: false }, evolve }
    const report = checkDecider({
      decider,
      codecs: { commands: codecs.commands },
      seed: 7,
      runs: 200,
    })
    const text = describeLawReport(report)
    expect(text).toContain('BROKEN       mutates nothing')
    expect(text).toContain('meaning         decide and evolve do not change the command')
    expect(text).toContain("counterexample  { commands: [ { type: 'Close' } ], events: [] }")
    expect(text).toContain('seed            7')
    expect(() => assertLaws(report)).toThrow('The decider breaks')
  })

  it('finds the same counterexample again with the same seed', () => {
    const decider = { ...counter, evolve: () => ({ total: Number.NaN, isClosed: false }) }
    const once = checkDecider({ decider, codecs, seed: 3, runs: 50 })
    expect(checkDecider({ decider, codecs, seed: once.seed, runs: 50 })).toEqual(once)
  })

  it('finds an event without a case', () => {
    const evolve = (state: State, event: Event) => {
      if (event.type === 'Added') return counter.evolve(state, event)
      const nothing: unknown = undefined
      return nothing as State
    }
    expect(namesOf({ evolve })).toContain('total')
  })

  it('finds a decision that throws, and continues with the other laws', () => {
    const decide: Counter['decide'] = () => {
      throw new Error('boom')
    }
    const first = broken({ decide }).find(({ law }) => law === 'total')
    expect(first?.problem).toContain('boom')
  })

  it('finds a decision that depends on something else than command and state', () => {
    let calls = 0
    const decide: Counter['decide'] = () =>
      E.right([{ type: 'Added', amount: (calls++ % 7) as t.Int }])
    expect(namesOf({ decide })).toContain('deterministic')
  })

  it('finds a rejection that leaves a trace', () => {
    let isSpent = false
    const decide: Counter['decide'] = (command) => {
      if (command.type === 'Close') {
        isSpent = true
        return E.left({ _tag: 'IsClosed' })
      }
      return isSpent ? E.right([]) : E.right([{ type: 'Added', amount: command.amount }])
    }
    expect(namesOf({ decide }).length).toBeGreaterThan(0)
  })

  it('finds a state that remembers what its snapshot does not', () => {
    const forgetful = stateCodec(
      1,
      new t.Type<State>('forgetful', State.is, State.validate, (state) => ({ ...state, total: 0 })),
    )
    expect(namesOf({}, { codecs: { ...codecs, state: forgetful } })).toEqual([
      'a snapshot at every cut equals replay',
    ])
  })

  it('finds an event codec that loses something', () => {
    const events: EventCodec<Event> = {
      ...codecs.events,
      encode: (event) => codecs.events.encode({ ...event, type: 'Closed' }),
    }
    expect(namesOf({}, { codecs: { ...codecs, events } })).toEqual(['events survive the store'])
  })

  it('takes a record without a prototype, as fast-check makes it, for the one that a store returns', () => {
    const bare = <Value extends object>(value: Value): Value =>
      Object.assign(Object.create(null) as object, value)
    const events = fc.constant<Event>(bare({ type: 'Closed' }))
    const commands = fc.constant<Command>(bare({ type: 'Close' }))
    expect(namesOf({}, { events, commands })).toEqual([])
  })

  it('finds a command codec that rejects a valid command', () => {
    const commands = commandCodec<Add>({ Add })
    const arbitrary = fc.constant<Command>({ type: 'Close' })
    expect(namesOf({}, { commands: arbitrary, codecs: { ...codecs, commands } })).toEqual([
      'commands pass validation',
    ])
  })

  it('finds an old event that is not read any more', () => {
    const storedEvents = [{ type: 'Added', schemaVersion: 1, data: { total: 1 } }]
    expect(namesOf({}, { storedEvents })).toEqual(['upcasting a chain equals one jump'])
  })

  it('finds a command that has a second effect', () => {
    expect(namesOf({}, { idempotent: () => true })).toEqual(['idempotent'])
  })

  it('finds an end that is not final', () => {
    expect(namesOf({ isTerminal: ({ total }) => total % 2 === 1 })).toEqual(['the end is final'])
  })

  it('finds that no command leads anywhere', () => {
    expect(namesOf({ decide: () => E.left({ _tag: 'IsClosed' }) })).toEqual([
      'some command is accepted',
    ])
  })

  it('says which arbitrary is missing', () => {
    const Odd = new t.Type<Add, unknown>('Odd', Add.is, Add.validate, Add.encode)
    const commands = commandCodec<Add>({ Add: Odd })
    const report = checkDecider({ decider: counter, codecs: { commands } })
    expect(describeLawReport(report)).toContain(
      'no arbitrary can be derived for the codec Odd: give an arbitrary under that name',
    )
    const none = checkDecider({ decider: counter })
    expect(describeLawReport(none)).toContain('give `commands`, or a command codec')
    const arbitraries = { Odd: fc.constant({ type: 'Add', amount: 1 }) }
    expect(
      brokenLaws(checkDecider({ decider: counter, codecs: { commands }, arbitraries, runs: 20 })),
    ).toEqual([])
    const events = eventCodec<t.TypeOf<typeof Closed>>({
      Closed: eventType(new t.Type('Odd', Closed.is, Closed.validate, Closed.encode)),
    })
    const closing = { ...counter, decide: () => E.right([{ type: 'Closed' as const }]) }
    const odd = checkDecider<Command, State, t.TypeOf<typeof Closed>, Rejection>({
      decider: closing,
      codecs: { commands: codecs.commands, events },
    })
    expect(brokenLaws(odd).map(({ law }) => law)).toEqual(['the laws can be checked'])
  })

  it('takes events that were given instead of making them up', () => {
    const events = fc.constant<Event>({ type: 'Closed' })
    const report = checkDecider({ decider: counter, codecs, events, runs: 20 })
    expect(brokenLaws(report)).toEqual([])
  })
})
