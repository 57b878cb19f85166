import type fc from 'fast-check'
import type { CommandCodec } from '../../core/codec/command-codec'
import type { EventCodec } from '../../core/codec/event-codec'
import type { StateCodec } from '../../core/codec/state-codec'
import type { Decider } from '../../core/decider'
import type { EncodedEvent } from '../../core/recorded-event'
import type { ArbitrariesByName } from '../derive-arbitrary'
import type { BoundaryParts } from './boundary'

/** The codecs of a decider, as in its category. */
export interface DeciderCodecs<Command, State, Event> {
  readonly commands?: CommandCodec<Command>
  readonly events?: EventCodec<Event>
  readonly state?: StateCodec<State>
}

/** A decider, and what is needed to test it. */
export interface DeciderCheck<Command, State, Event, Rejection> {
  readonly decider: Decider<Command, State, Event, Rejection>
  /** The commands to send. Omitted: derived from the command codec. */
  readonly commands?: fc.Arbitrary<Command>
  /** The events that `evolve` must handle. Omitted: derived from the event codec, if there is one. */
  readonly events?: fc.Arbitrary<Event>
  readonly codecs?: DeciderCodecs<Command, State, Event>
  /**
   * The boundary of which it is the decider: `{ decider: enrolment.decider, codecs: enrolment, boundary: enrolment }`. Then
   * the laws of boundaries are checked as well. Give `commands` about few things, so that they meet.
   */
  readonly boundary?: BoundaryParts<Command, Event>
  /** Arbitraries for io-ts codecs that none can be derived for, by name. */
  readonly arbitraries?: ArbitrariesByName
  /** Events as older releases stored them. */
  readonly storedEvents?: ReadonlyArray<EncodedEvent>
  /** Which commands have no second effect when they are sent again immediately. */
  readonly idempotent?: (command: Command) => boolean
  /** Runs of each law. Default 1,000. */
  readonly runs?: number
  /** The seed of a report, to generate the same scenarios again. Default: another one each time. */
  readonly seed?: number
}
