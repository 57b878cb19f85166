import { anyOrderOfHomes, looksAtItsQuery, storable } from './boundary'
import type { DeciderCheck } from './decider-check'
import { hasPersonalEvents } from '../../core/codec/personal-events'
import { survivesForgetting } from './forgetting'
import type { DeciderLaw } from './law'
import { finalEnd, harmlessRejections, homomorphic, idempotent, sameHistory } from './replaying'
import { deterministic, immutable, total } from './purity'
import { commandRoundTrip, eventRoundTrip, snapshots, upcasting } from './storage'

const missing = (name: string, what: string): DeciderLaw<unknown, unknown> => ({
  name,
  meaning: `a law about ${what}`,
  unchecked: `${what} was not given`,
  problem: () => undefined,
})

/** Every law, in the order of the report; for a law that cannot be checked, what is missing. */
export const lawsOf = <Command, State, Event, Rejection>({
  decider,
  codecs = {},
  storedEvents = [],
  idempotent: isIdempotent,
  boundary,
}: DeciderCheck<Command, State, Event, Rejection>): ReadonlyArray<DeciderLaw<Command, Event>> => {
  const { commands, events, state } = codecs
  return [
    // First, because it freezes its inputs: no later law can be misled by a mutation.
    immutable(decider),
    total(decider),
    deterministic(decider),
    homomorphic(decider),
    harmlessRejections(decider),
    sameHistory(decider),
    finalEnd(decider),
    isIdempotent === undefined
      ? missing('idempotent', '`idempotent`')
      : idempotent(decider, isIdempotent),
    state === undefined
      ? missing('a snapshot at every cut equals replay', 'a state codec')
      : snapshots(decider, state),
    commands === undefined
      ? missing('commands pass validation', 'a command codec')
      : commandRoundTrip(commands),
    events === undefined
      ? missing('events survive the store', 'an event codec')
      : eventRoundTrip(decider, events),
    events === undefined
      ? missing('upcasting a chain equals one jump', 'an event codec')
      : upcasting(events, storedEvents),
    ...(events === undefined || !hasPersonalEvents(events)
      ? []
      : [survivesForgetting(decider, { events, commands, state })]),
    ...(boundary === undefined
      ? []
      : [
          storable(decider, boundary),
          looksAtItsQuery(decider, boundary),
          anyOrderOfHomes(decider, boundary),
        ]),
  ]
}
