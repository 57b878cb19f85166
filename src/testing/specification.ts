import assert from 'node:assert/strict'
import { inspect, isDeepStrictEqual } from 'node:util'
import * as E from 'fp-ts/Either'
import type { Boundary } from '../core/boundary'
import { type Decider, replay, replayFrom } from '../core/decider'
import { inStoredOrder, matchingEvents } from './laws/boundary'

/** The outcome of a command. Each check fails with an `AssertionError` that shows the difference. */
export interface Outcome<State, Event, Rejection> {
  /** The command records exactly these events, in this order. */
  readonly thenRecords: (...events: ReadonlyArray<Event>) => void
  /** The command is accepted and records nothing. */
  readonly thenRecordsNothing: () => void
  readonly thenRejects: (rejection: Rejection) => void
  /** The command is accepted, and this is the state after its events. */
  readonly thenStateIs: (state: State) => void
}

/** A state on which a command can be tried. */
export interface Situation<Command, State, Event, Rejection> {
  readonly when: (command: Command) => Outcome<State, Event, Rejection>
  /** This is the state before any command. */
  readonly thenStateIs: (state: State) => void
}

/** Examples of a decider, as sentences. */
export interface Specification<Command, State, Event, Rejection> {
  /** Starts after these events, oldest first. None: at the initial state. */
  readonly given: (...events: ReadonlyArray<Event>) => Situation<Command, State, Event, Rejection>
  /** Starts at this state. */
  readonly givenState: (state: State) => Situation<Command, State, Event, Rejection>
}

/** Fails with an `AssertionError` that begins with the sentence and shows the difference. */
export const expectSame = (sentence: string, actual: unknown, expected: unknown): void => {
  if (isDeepStrictEqual(actual, expected)) return
  const operator = 'deepStrictEqual'
  const { message: difference } = new assert.AssertionError({ actual, expected, operator })
  const message = `${sentence}\n\n${difference}`
  assert.fail(new assert.AssertionError({ message, actual, expected, operator }))
}

type Decision<Event, Rejection> =
  { readonly recorded: ReadonlyArray<Event> } | { readonly rejected: Rejection }

const outcomeOf = <State, Event, Rejection>(
  command: string,
  decision: E.Either<Rejection, ReadonlyArray<Event>>,
  replay: (events: ReadonlyArray<Event>) => State,
): Outcome<State, Event, Rejection> => {
  const actual: Decision<Event, Rejection> = E.isLeft(decision)
    ? { rejected: decision.left }
    : { recorded: [...decision.right] }
  return {
    thenRecords: (...recorded) =>
      expectSame(`${command} does not record what was expected.`, actual, { recorded }),
    thenRecordsNothing: () =>
      expectSame(`${command} should record nothing.`, actual, { recorded: [] }),
    thenRejects: (rejected) =>
      expectSame(`${command} is not rejected as expected.`, actual, { rejected }),
    thenStateIs: (state) =>
      expectSame(
        `${command} does not lead to the expected state.`,
        E.isLeft(decision) ? actual : { state: replay(decision.right) },
        { state },
      ),
  }
}

/** Examples of a boundary, as sentences. */
export interface BoundarySpecification<Command, State, Event, Rejection> {
  /**
   * Starts after these events, oldest first, in whichever streams. A command is decided on those of them that its query
   * names, and `thenStateIs` is about those.
   */
  readonly given: (
    ...events: ReadonlyArray<Event>
  ) => Pick<Situation<Command, State, Event, Rejection>, 'when'>
}

const whenOn =
  <Command, State, Event, Rejection>(
    decider: Decider<Command, State, Event, Rejection>,
    stateFor: (command: Command) => State,
    seenBy: (command: Command, events: ReadonlyArray<Event>) => ReadonlyArray<Event>,
  ): Situation<Command, State, Event, Rejection>['when'] =>
  (command) => {
    const state = stateFor(command)
    return outcomeOf(
      inspect(command, { breakLength: Infinity }),
      decider.decide(command, state),
      (events) => replayFrom(decider, state, seenBy(command, events)),
    )
  }

const boundarySpecification = <Command, State, Event, Rejection>(
  boundary: Boundary<Command, State, Event, Rejection>,
): BoundarySpecification<Command, State, Event, Rejection> => {
  const { decider } = boundary
  const named = (command: Command, events: ReadonlyArray<Event>): ReadonlyArray<Event> =>
    matchingEvents(boundary, boundary.query(command), events)
  return {
    given: (...events) => ({
      when: whenOn(
        decider,
        (command) => replay(decider, named(command, events)),
        (command, decided) => named(command, inStoredOrder(boundary, decided)),
      ),
    }),
  }
}

const deciderSpecification = <Command, State, Event, Rejection>(
  decider: Decider<Command, State, Event, Rejection>,
): Specification<Command, State, Event, Rejection> => {
  const givenState = (state: State): Situation<Command, State, Event, Rejection> => ({
    when: whenOn(
      decider,
      () => state,
      (_command, events) => events,
    ),
    thenStateIs: (expected) =>
      expectSame('The state is not what was expected.', { state }, { state: expected }),
  })
  return { given: (...events) => givenState(replay(decider, events)), givenState }
}

/** {@link specification}: of a decider, or of a boundary. */
export interface Specify {
  <Command, State, Event, Rejection>(
    boundary: Boundary<Command, State, Event, Rejection>,
  ): BoundarySpecification<Command, State, Event, Rejection>
  <Command, State, Event, Rejection>(
    decider: Decider<Command, State, Event, Rejection>,
  ): Specification<Command, State, Event, Rejection>
}

/**
 * Given/when/then tests of a decider or of a boundary, for any test runner. No store, no clock, no promises.
 *
 * @example
 * const { given } = specification(giftCard)
 * given({ type: 'GiftCardIssued', amount: 50 })
 *   .when({ type: 'RedeemGiftCard', amount: 60 })
 *   .thenRejects({ _tag: 'BalanceTooLow', balance: 50 })
 */
export const specification: Specify = <Command, State, Event, Rejection>(
  rules: Boundary<Command, State, Event, Rejection> | Decider<Command, State, Event, Rejection>,
): BoundarySpecification<Command, State, Event, Rejection> &
  Specification<Command, State, Event, Rejection> =>
  ('decider' in rules ? boundarySpecification(rules) : deciderSpecification(rules)) as never
