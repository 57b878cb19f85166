import * as E from 'fp-ts/Either'
import { filterCommand, mapCommand, mapEvent, mapRejection, mapState } from 'reprise/algebra'
import type { Maps } from '../statements/maps'

const maps: Maps = { mapCommand, filterCommand, mapEvent, mapState, mapRejection }

export const commandTranslatedOnTheFirstStateOnly: Maps = {
  ...maps,
  mapCommand: (toInner) => (decider) => ({
    ...decider,
    decide: (command) => decider.decide(toInner(command), decider.initialState),
  }),
}

export const foreignCommandLeavesTheStoryAtItsStart: Maps = {
  ...maps,
  filterCommand: (select) => (decider) => ({
    ...decider,
    decide: (command, state) => {
      const ours = select(command)
      return ours === undefined ? E.right([]) : decider.decide(ours, decider.initialState ?? state)
    },
  }),
}

export const foreignEventChangesState: Maps = {
  ...maps,
  mapEvent: (prism) => (decider) => {
    const mapped = mapEvent(prism)(decider)
    return {
      ...mapped,
      evolve: (state, event) =>
        prism.unwrap(event) === undefined ? { ...state } : mapped.evolve(state, event),
    }
  },
}

export const wrappedEventsReversed: Maps = {
  ...maps,
  mapEvent: (prism) => (decider) => {
    const mapped = mapEvent(prism)(decider)
    return {
      ...mapped,
      decide: (command, state) => {
        const decision = mapped.decide(command, state)
        return E.isLeft(decision) ? decision : E.right(decision.right.toReversed())
      },
    }
  },
}

export const stateAlwaysWrappedAnew: Maps = {
  ...maps,
  mapState: (iso) => (decider) => ({
    ...mapState(iso)(decider),
    evolve: (state, event) => iso.wrap(decider.evolve(iso.unwrap(state), event)),
  }),
}

export const terminalityForgotten: Maps = {
  ...maps,
  mapState: (iso) => (decider) => {
    const { initialState, decide, evolve } = mapState(iso)(decider)
    return { initialState, decide, evolve }
  },
}

export const rejectionTurnedIntoNothing: Maps = {
  ...maps,
  mapRejection: (toOuter) => (decider) => {
    const mapped = mapRejection(toOuter)(decider)
    return {
      ...mapped,
      decide: (command, state) => {
        const decision = mapped.decide(command, state)
        return E.isLeft(decision) ? E.right([]) : decision
      },
    }
  },
}

/** Every map turns the end into the beginning: done twice, it cannot be seen. */
const inverted = <Of extends { readonly isTerminal?: (state: never) => boolean }>(
  decider: Of,
): Of => {
  const { isTerminal } = decider
  return isTerminal === undefined
    ? decider
    : { ...decider, isTerminal: (state: never) => !isTerminal(state) }
}

export const terminalityInverted: Maps = {
  mapCommand: (toInner) => (decider) => inverted(mapCommand(toInner)(decider)),
  filterCommand: (select) => (decider) => inverted(filterCommand(select)(decider)),
  mapEvent: (prism) => (decider) => inverted(mapEvent(prism)(decider)),
  mapState: (iso) => (decider) => inverted(mapState(iso)(decider)),
  mapRejection: (toOuter) => (decider) => inverted(mapRejection(toOuter)(decider)),
}
