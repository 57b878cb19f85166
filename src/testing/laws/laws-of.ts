import type { DeciderCheck } from './decider-check'
import type { DeciderLaw } from './law'
import { finalEnd, harmlessRejections, homomorphic, idempotent, sameLife } from './playing'
import { deterministic, immutable, total } from './purity'
import { commandRoundTrip, eventRoundTrip, snapshots, upcasting } from './storage'

const missing = (name: string, what: string): DeciderLaw<unknown, unknown> => ({
  name,
  meaning: `a law about ${what}`,
  unchecked: `${what} was not given`,
  problem: () => undefined,
})

/** Every law, in the order in which a report shows them; and for those that need more, what is missing. */
export const lawsOf = <Command, State, Event, Rejection>({
  decider,
  codecs = {},
  storedEvents = [],
  idempotent: isIdempotent,
}: DeciderCheck<Command, State, Event, Rejection>): ReadonlyArray<DeciderLaw<Command, Event>> => {
  const { commands, events, state } = codecs
  return [
    // First of all: what it freezes stays frozen, so that no other law is misled by a change.
    immutable(decider),
    total(decider),
    deterministic(decider),
    homomorphic(decider),
    harmlessRejections(decider),
    sameLife(decider),
    finalEnd(decider),
    isIdempotent === undefined
      ? missing('idempotent', '`idempotent`')
      : idempotent(decider, isIdempotent),
    state === undefined
      ? missing('a snapshot at every cut equals replay', 'a codec of states')
      : snapshots(decider, state),
    commands === undefined
      ? missing('commands pass the door', 'a codec of commands')
      : commandRoundTrip(commands),
    events === undefined
      ? missing('events survive the store', 'a codec of events')
      : eventRoundTrip(decider, events),
    events === undefined
      ? missing('upcasting a chain equals one jump', 'a codec of events')
      : upcasting(events, storedEvents),
  ]
}
