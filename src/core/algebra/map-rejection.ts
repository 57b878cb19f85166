import * as E from 'fp-ts/Either'
import type { Decider } from '../decider'

/** The same decider with another type of rejections. */
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
