import { AssertionError } from 'node:assert/strict'
import * as E from 'fp-ts/Either'
import type { Decider } from '../../src/core/decider'
import { specification } from '../../src/testing/specification'

type Command = { readonly type: 'Open' } | { readonly type: 'Withdraw'; readonly amount: number }
type Event =
  { readonly type: 'Opened' } | { readonly type: 'Withdrawn'; readonly amounts: readonly number[] }
type Rejection = { readonly _tag: 'NotOpen' } | { readonly _tag: 'TooMuch'; readonly left: number }
interface State {
  readonly open: boolean
  readonly taken: ReadonlyArray<number>
}

const account: Decider<Command, State, Event, Rejection> = {
  initialState: { open: false, taken: [] },
  decide: (command, { open, taken }) => {
    switch (command.type) {
      case 'Open':
        return E.right(open ? [] : [{ type: 'Opened' }])
      case 'Withdraw': {
        if (!open) return E.left({ _tag: 'NotOpen' })
        const left = 100 - taken.reduce((sum, amount) => sum + amount, 0)
        if (command.amount > left) return E.left({ _tag: 'TooMuch', left })
        return E.right([{ type: 'Withdrawn', amounts: Object.freeze([command.amount]) }])
      }
    }
  },
  evolve: (state, event) => {
    switch (event.type) {
      case 'Opened':
        return { ...state, open: true }
      case 'Withdrawn':
        return { ...state, taken: [...state.taken, ...event.amounts] }
    }
  },
}

const { given, givenState } = specification(account)
const opened: Event = { type: 'Opened' }
const withdrawn = (...amounts: ReadonlyArray<number>): Event => ({ type: 'Withdrawn', amounts })
const withdraw = (amount: number): Command => ({ type: 'Withdraw', amount })

const failureOf = (check: () => void): AssertionError => {
  try {
    check()
  } catch (error) {
    if (error instanceof AssertionError) return error
    throw error
  }
  throw new Error('the check passed')
}

describe('specification', () => {
  it('passes when the events are the expected ones', () => {
    given(opened).when(withdraw(40)).thenRecords(withdrawn(40))
    given().when({ type: 'Open' }).thenRecords(opened)
  })

  it('replays the given events in order before the command', () => {
    given(opened, withdrawn(60, 30)).when(withdraw(11)).thenRejects({ _tag: 'TooMuch', left: 10 })
  })

  it('passes when nothing is recorded and nothing is expected', () => {
    given(opened).when({ type: 'Open' }).thenRecordsNothing()
  })

  it('passes when the rejection is the expected one', () => {
    given().when(withdraw(1)).thenRejects({ _tag: 'NotOpen' })
  })

  it('starts from a state as well as from events', () => {
    givenState({ open: true, taken: [99] })
      .when(withdraw(1))
      .thenRecords(withdrawn(1))
    givenState({ open: true, taken: [99] }).thenStateIs({ open: true, taken: [99] })
  })

  it('checks the state, before and after a command', () => {
    given().thenStateIs({ open: false, taken: [] })
    given(opened, withdrawn(1)).thenStateIs({ open: true, taken: [1] })
    given(opened)
      .when(withdraw(2))
      .thenStateIs({ open: true, taken: [2] })
  })

  it('can be handed around by promises, for nothing in it is awaitable', async () => {
    const situation = await Promise.resolve(given(opened))
    const outcome = await Promise.resolve(situation.when(withdraw(1)))
    outcome.thenRecords(withdrawn(1))
  })
})

describe('specification, failing', () => {
  it('shows the event that differs', () => {
    const { message } = failureOf(() => given(opened).when(withdraw(40)).thenRecords(withdrawn(41)))
    expect(message).toContain("{ type: 'Withdraw', amount: 40 } does not record what was expected.")
    expect(message).toMatch(/\+ +40\n- +41/)
  })

  it('carries what came and what was expected, for runners that draw their own difference', () => {
    const failure = failureOf(() => given(opened).when(withdraw(40)).thenRecords(withdrawn(41)))
    expect(failure.actual).toEqual({ recorded: [withdrawn(40)] })
    expect(failure.expected).toEqual({ recorded: [withdrawn(41)] })
  })

  it('notices an event too few, an event too many, and the wrong order', () => {
    const twice = specification({
      ...account,
      decide: () => E.right([opened, withdrawn(1)]),
    })
    const outcome = twice.given().when({ type: 'Open' })
    outcome.thenRecords(opened, withdrawn(1))
    failureOf(() => outcome.thenRecords(opened))
    failureOf(() => outcome.thenRecords(opened, withdrawn(1), opened))
    failureOf(() => outcome.thenRecords(withdrawn(1), opened))
  })

  it('shows the rejection when events were expected', () => {
    const { message } = failureOf(() => given().when(withdraw(1)).thenRecords(withdrawn(1)))
    expect(message).toContain("_tag: 'NotOpen'")
  })

  it('shows the events when nothing was expected', () => {
    const { message } = failureOf(() => given(opened).when(withdraw(1)).thenRecordsNothing())
    expect(message).toContain('should record nothing')
    expect(message).toContain("type: 'Withdrawn'")
  })

  it('does not take a rejection for recording nothing', () => {
    failureOf(() => given().when(withdraw(1)).thenRecordsNothing())
  })

  it('does not take recording nothing for a rejection', () => {
    const { message } = failureOf(() =>
      given(opened).when({ type: 'Open' }).thenRejects({ _tag: 'NotOpen' }),
    )
    expect(message).toContain('recorded: []')
  })

  it('distinguishes rejections, also by their data', () => {
    failureOf(() => given().when(withdraw(1)).thenRejects({ _tag: 'TooMuch', left: 0 }))
    const { message } = failureOf(() =>
      given(opened).when(withdraw(101)).thenRejects({ _tag: 'TooMuch', left: 99 }),
    )
    expect(message).toMatch(/left: 100/)
  })

  it('shows the state that differs', () => {
    const { message } = failureOf(() => given(opened).thenStateIs({ open: true, taken: [7] }))
    expect(message).toContain('The state is not what was expected.')
    expect(message).toMatch(/taken: \[\]/)
    failureOf(() => given(opened).when(withdraw(2)).thenStateIs({ open: true, taken: [] }))
  })

  it('does not take the state before a rejected command for the state after it', () => {
    const { message } = failureOf(() =>
      given().when(withdraw(1)).thenStateIs({ open: false, taken: [] }),
    )
    expect(message).toContain('rejected')
  })

  it('distinguishes undefined from a missing key', () => {
    const optional = specification<'go', object, object, never>({
      initialState: {},
      decide: () => E.right([{ note: undefined }]),
      evolve: (state) => state,
    })
    failureOf(() => optional.given().when('go').thenRecords({}))
  })

  it('lets an error that the decider throws come through as it is', () => {
    const broken = specification({
      ...account,
      decide: () => {
        throw new TypeError('a defect')
      },
    })
    expect(() => broken.given().when({ type: 'Open' })).toThrow(new TypeError('a defect'))
  })
})
