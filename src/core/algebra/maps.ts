import * as E from 'fp-ts/Either'
import type { Decider } from '../decider'

/**
 * Puts a part into a whole, and finds it there: `unwrap(wrap(part))` is `part`, and `unwrap` returns
 * `undefined` for a whole that does not contain such a part.
 */
export interface Prism<Whole, Part> {
  readonly wrap: (part: Part) => Whole
  readonly unwrap: (whole: Whole) => Part | undefined
}

/** Two forms of the same value: `unwrap(wrap(part))` is `part`, and `wrap(unwrap(whole))` is `whole`. */
export interface Iso<Whole, Part> {
  readonly wrap: (part: Part) => Whole
  readonly unwrap: (whole: Whole) => Part
}

/**
 * The same decider for another type of commands: `toInner` translates each command before it is decided.
 *
 * @example
 * pipe(account, mapCommand((amount: number) => deposit(amount)))
 */
export const mapCommand =
  <Outer, Inner>(toInner: (command: Outer) => Inner) =>
  <State, Event, Rejection>(
    decider: Decider<Inner, State, Event, Rejection>,
  ): Decider<Outer, State, Event, Rejection> => ({
    ...decider,
    decide: (command, state) => decider.decide(toInner(command), state),
  })

/**
 * The same decider for a wider type of commands: `select` returns the decider's own commands. For any
 * other command (`undefined`) nothing happens: no event, no rejection.
 *
 * @example
 * const select = (command: AccountCommand | SeatCommand) =>
 *   command.type === 'ReserveSeat' ? command : undefined
 * const seats = pipe(seat, filterCommand(select))
 */
export const filterCommand =
  <Outer, Inner>(select: (command: Outer) => Inner | undefined) =>
  <State, Event, Rejection>(
    decider: Decider<Inner, State, Event, Rejection>,
  ): Decider<Outer, State, Event, Rejection> => ({
    ...decider,
    decide: (command, state) => {
      const ours = select(command)
      return ours === undefined ? E.right([]) : decider.decide(ours, state)
    },
  })

/**
 * The same decider for a wider type of events: the events it decides are wrapped, and the events it
 * receives are unwrapped. For any other event, `evolve` returns the same state object.
 *
 * @example
 * pipe(account, mapEvent({
 *   wrap: (event: AccountEvent) => ({ source: 'account', event }),
 *   unwrap: (envelope) => (envelope.source === 'account' ? envelope.event : undefined),
 * }))
 */
export const mapEvent =
  <Outer, Inner>({ wrap, unwrap }: Prism<Outer, Inner>) =>
  <Command, State, Rejection>(
    decider: Decider<Command, State, Inner, Rejection>,
  ): Decider<Command, State, Outer, Rejection> => ({
    ...decider,
    decide: (command, state) => {
      const decision = decider.decide(command, state)
      return E.isLeft(decision) ? decision : E.right(decision.right.map((event) => wrap(event)))
    },
    evolve: (state, event) => {
      const ours = unwrap(event)
      return ours === undefined ? state : decider.evolve(state, ours)
    },
  })

/**
 * The same decider with its state in another form. The conversion must lose nothing (see {@link Iso}).
 * When the rules return the same state, so does the result.
 *
 * @example
 * const written = pipe(
 *   giftCard,
 *   mapState({ wrap: JSON.stringify, unwrap: (text: string): GiftCardState => JSON.parse(text) }),
 * )
 */
export const mapState =
  <Outer, Inner>({ wrap, unwrap }: Iso<Outer, Inner>) =>
  <Command, Event, Rejection>(
    decider: Decider<Command, Inner, Event, Rejection>,
  ): Decider<Command, Outer, Event, Rejection> => {
    const { isTerminal } = decider
    return {
      initialState: wrap(decider.initialState),
      decide: (command, state) => decider.decide(command, unwrap(state)),
      evolve: (state, event) => {
        const before = unwrap(state)
        const after = decider.evolve(before, event)
        return Object.is(before, after) ? state : wrap(after)
      },
      ...(isTerminal === undefined ? {} : { isTerminal: (state) => isTerminal(unwrap(state)) }),
    }
  }

/**
 * The same decider with another type of rejections.
 *
 * @example
 * const named = pipe(
 *   giftCard,
 *   mapRejection((reason: GiftCardRejection) => ({ _tag: `GiftCard${reason._tag}` as const, reason })),
 * )
 */
export const mapRejection =
  <Inner, Outer>(toOuter: (rejection: Inner) => Outer) =>
  <Command, State, Event>(
    decider: Decider<Command, State, Event, Inner>,
  ): Decider<Command, State, Event, Outer> => ({
    ...decider,
    decide: (command, state) => {
      const decision = decider.decide(command, state)
      return E.isLeft(decision) ? E.left(toOuter(decision.left)) : decision
    },
  })

/**
 * Turns rejections into events, so that a process can react to them (by a refund, for instance):
 * `toEvent` returns the event to record instead of the rejection, or `undefined` to reject as before.
 *
 * @example
 * const recording = pipe(
 *   transfer,
 *   recordRejection((_reason: TransferRejection): TransferEvent => ({ type: 'TransferFailed' })),
 * )
 */
export const recordRejection =
  <Command, Event, Rejection>(
    toEvent: (rejection: Rejection, command: Command) => Event | undefined,
  ) =>
  <State>(
    decider: Decider<Command, State, Event, Rejection>,
  ): Decider<Command, State, Event, Rejection> => ({
    ...decider,
    decide: (command, state) => {
      const decision = decider.decide(command, state)
      if (!E.isLeft(decision)) return decision
      const event = toEvent(decision.left, command)
      return event === undefined ? decision : E.right([event])
    },
  })
