import type fc from 'fast-check'
import type { CommandCodec } from '../../core/codec/command-codec'
import type { EventCodec } from '../../core/codec/event-codec'
import type { StateCodec } from '../../core/codec/state-codec'
import type { Decider } from '../../core/decider'
import type { EncodedEvent } from '../../core/recorded-event'
import type { ArbitrariesByName } from '../derive-arbitrary'

/** The codecs of a decider: those of its category. */
export interface DeciderCodecs<Command, State, Event> {
  readonly commands?: CommandCodec<Command>
  readonly events?: EventCodec<Event>
  readonly state?: StateCodec<State>
}

/** A decider, and what is needed to put it to the test. */
export interface DeciderCheck<Command, State, Event, Rejection> {
  readonly decider: Decider<Command, State, Event, Rejection>
  /** What to send. Left out: made up from the codec of commands. */
  readonly commands?: fc.Arbitrary<Command>
  /** What `evolve` must have an answer for. Left out: made up from the codec of events, if there is one. */
  readonly events?: fc.Arbitrary<Event>
  readonly codecs?: DeciderCodecs<Command, State, Event>
  /** Arbitraries for io-ts codecs that nothing can be made up for, by name. */
  readonly arbitraries?: ArbitrariesByName
  /** Events as older releases have stored them. */
  readonly storedEvents?: ReadonlyArray<EncodedEvent>
  /** Which commands have no second effect when they are sent again right away. */
  readonly idempotent?: (command: Command) => boolean
  /** Runs of each law. Default 1,000. */
  readonly runs?: number
  /** Makes up the same lives again: the seed of a report. */
  readonly seed?: number
}
