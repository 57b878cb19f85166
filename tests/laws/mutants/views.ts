import { combineViews, groupBy, mapViewEvent } from 'reprise/algebra'
import type { ViewCombinators } from '../statements/views'

const combinators: ViewCombinators = { mapViewEvent, combineViews, groupBy }

export const foreignEventChangesState: ViewCombinators = {
  ...combinators,
  mapViewEvent: (select) => (view) => ({
    ...view,
    evolve: (state, event) => {
      const ours = select(event)
      return ours === undefined ? view.initialState : view.evolve({ ...state }, ours)
    },
  }),
}

/** Every event is told twice. */
export const eventsToldTwice: ViewCombinators = {
  ...combinators,
  combineViews: (views) => {
    const whole = combineViews(views)
    return {
      ...whole,
      evolve: (state, event) => whole.evolve(whole.evolve(state, event), event),
    }
  },
}

export const groupsMerged: ViewCombinators = {
  ...combinators,
  groupBy: (keyOf) => groupBy((event) => (keyOf(event) === undefined ? undefined : 'one')),
}

export const eventsAboutNothingCount: ViewCombinators = {
  ...combinators,
  groupBy: (keyOf) => groupBy((event) => keyOf(event) ?? ''),
}

export const selectedEventsToldTwice: ViewCombinators = {
  ...combinators,
  mapViewEvent: (select) => (view) => {
    const mapped = mapViewEvent(select)(view)
    return {
      ...mapped,
      evolve: (state, event) => mapped.evolve(mapped.evolve(state, event), event),
    }
  },
}
