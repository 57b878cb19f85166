import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import { keyProblem, keysOf } from '../../../src/core/algebra/keyed'
import { type Decider } from 'reprise'
import {
  combine,
  drive,
  filterCommand,
  many,
  neutral,
  type Process,
  recordRejection,
  stepLimitReached,
  toReducer,
} from 'reprise/algebra'

type Command = { readonly type: 'Add'; readonly by: number }
type Event = { readonly type: 'Added'; readonly by: number } | { readonly type: 'Refused' }
const counter: Decider<Command, number, Event, { readonly _tag: 'TooMuch' }> = {
  initialState: 0,
  decide: ({ by }, state) =>
    state + by > 10 ? E.left({ _tag: 'TooMuch' }) : E.right([{ type: 'Added', by }]),
  evolve: (state, event) => (event.type === 'Added' ? state + event.by : state),
}
const add = (by: number): Command => ({ type: 'Add', by })

describe('keys of a combination', () => {
  it('are rejected when they are empty or contain the separator', () => {
    expect(keyProblem('account')).toBeUndefined()
    expect(keyProblem('')).toBe('the key of a part is empty')
    expect(keyProblem('a/b')).toContain('the key a/b contains /')
  })

  it('are own keys only', () => {
    expect(
      keysOf(Object.create({ inherited: 1 }, { own: { value: 1, enumerable: true } }) as object),
    ).toEqual(['own'])
  })

  it('may be called like what every object inherits', () => {
    const odd = combine({ ['__proto__']: counter, constructor: counter })
    expect(Object.keys(odd.initialState)).toEqual(['__proto__', 'constructor'])
    const next = odd.evolve(odd.initialState, {
      key: 'constructor',
      event: { type: 'Added', by: 2 },
    })
    expect(next.constructor).toBe(2)
  })
})

describe('the rejection of a combination', () => {
  const saying = <Rejection>(rejection: Rejection): Decider<null, null, never, Rejection> => ({
    initialState: null,
    decide: () => E.left(rejection),
    evolve: (state) => state,
  })

  it('has the path to its reason as its tag, through any number of combinations', () => {
    const inner = combine({ counters: many(counter), texts: saying('No' as const) })
    const whole = combine({ inner, twice: combine({ texts: saying('No' as const) }) })
    const tooMuch = { key: 'A', command: add(11) }
    expect(
      whole.decide(
        { key: 'inner', command: { key: 'counters', command: tooMuch } },
        whole.initialState,
      ),
    ).toEqual(
      E.left({
        _tag: 'inner/counters/TooMuch',
        key: 'inner',
        rejection: {
          _tag: 'counters/TooMuch',
          key: 'counters',
          rejection: { _tag: 'TooMuch', key: 'A', rejection: { _tag: 'TooMuch' } },
        },
      }),
    )
    const text = { key: 'texts', command: null } as const
    expect(whole.decide({ key: 'twice', command: text }, whole.initialState)).toEqual(
      E.left({
        _tag: 'twice/texts/No',
        key: 'twice',
        rejection: { _tag: 'texts/No', key: 'texts', rejection: 'No' },
      }),
    )
  })

  it.each<readonly [unknown, string]>([
    [{ _tag: 'TooMuch' }, 'TooMuch'],
    ['no', 'no'],
    [7, '7'],
    [null, 'null'],
    [{ reason: 'no' }, 'an object'],
    [{ _tag: 7 }, 'an object'],
  ])('has a tag for %j, too', (rejection, tag) => {
    const { decide, initialState } = combine({ part: saying(rejection) })
    expect(decide({ key: 'part', command: null }, initialState)).toEqual(
      E.left({ _tag: `part/${tag}`, key: 'part', rejection }),
    )
  })
})

describe('neutral', () => {
  it('changes nothing, and has nothing to say', () => {
    const ask: unknown = Reflect.apply(neutral.decide, neutral, ['anything', {}])
    expect(ask).toEqual(E.left('anything'))
    const next: unknown = Reflect.apply(neutral.evolve, neutral, [neutral.initialState, 'anything'])
    expect(next).toBe(neutral.initialState)
    expect(neutral.isTerminal?.({})).toBe(true)
  })
})

describe('recordRejection', () => {
  const recorded = pipe(
    counter,
    recordRejection((_, { by }: Command): Event | undefined =>
      by < 100 ? { type: 'Refused' } : undefined,
    ),
  )

  it('records the event instead of the rejection', () => {
    expect(recorded.decide(add(11), 0)).toEqual(E.right([{ type: 'Refused' }]))
  })

  it('rejects as before where there is no event', () => {
    expect(recorded.decide(add(100), 0)).toEqual(E.left({ _tag: 'TooMuch' }))
  })

  it('leaves what is accepted as it is', () => {
    expect(recorded.decide(add(1), 0)).toEqual(E.right([{ type: 'Added', by: 1 }]))
  })
})

describe('drive', () => {
  const again: Process<Event, Command, null> = {
    initialState: null,
    evolve: (state) => state,
    react: () => [add(0)],
    resume: () => [],
  }

  it('stops an endless process after 1,000 commands, unless said otherwise', () => {
    const state = { process: null, decider: 0 }
    expect(drive(again)(counter).decide(add(0), state)).toEqual(E.left(stepLimitReached(1_000)))
    expect(drive(again, 3)(counter).decide(add(0), state)).toEqual(E.left(stepLimitReached(3)))
  })

  it('decides each chained command on the newest state', () => {
    const upToTen = drive<Event, Command, null>({ ...again, react: () => [add(4)] })(counter)
    expect(upToTen.decide(add(4), upToTen.initialState)).toEqual(E.left({ _tag: 'TooMuch' }))
  })
})

describe('toReducer', () => {
  it('ignores the actions of others when they are filtered out, as in Redux', () => {
    type Action = Command | { readonly type: '@@redux/INIT' }
    const reduce = toReducer(
      pipe(
        counter,
        filterCommand((action: Action) => (action.type === 'Add' ? action : undefined)),
      ),
    )
    const actions: ReadonlyArray<Action> = [{ type: '@@redux/INIT' }, add(3), add(9)]
    expect(
      actions.reduce<number | undefined>((state, action) => reduce(state, action), undefined),
    ).toBe(3)
  })
})

describe('many', () => {
  it('keeps nothing for a key that nothing has happened to', () => {
    const counters = many(counter)
    const state = counters.evolve({}, { key: 'a', event: { type: 'Refused' } })
    expect(state).toEqual({})
  })
})
