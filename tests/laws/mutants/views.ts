import { sideBySide, eachBy, mapViewEvent } from 'reprise/algebra'
import type { ViewCombinators } from '../statements/views'

const combinators: ViewCombinators = { mapViewEvent, sideBySide, eachBy }

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
  sideBySide: (views) => {
    const whole = sideBySide(views)
    return {
      ...whole,
      evolve: (state, event) => whole.evolve(whole.evolve(state, event), event),
    }
  },
}

export const groupsMerged: ViewCombinators = {
  ...combinators,
  eachBy: (keyOf) => eachBy((event) => (keyOf(event) === undefined ? undefined : 'one')),
}

export const eventsAboutNothingCount: ViewCombinators = {
  ...combinators,
  eachBy: (keyOf) => eachBy((event) => keyOf(event) ?? ''),
}

/** Of several keys only the first is told. */
export const otherKeysForgotten: ViewCombinators = {
  ...combinators,
  eachBy: (keyOf) =>
    eachBy((event) => {
      const keys = keyOf(event)
      return typeof keys === 'string' ? keys : keys?.[0]
    }),
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
