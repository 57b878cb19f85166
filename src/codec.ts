/**
 * The names of `reprise/codec`: fields, ready types, schemas of other libraries, and the codecs that `events` and
 * `commands` are made of. Nothing in `src` imports this file.
 */
export { commandCodec, type CommandCodec, type CommandTypes } from './core/codec/command-codec'
export type { DeclaredCommand } from './core/codec/commands'
export {
  eventCodec,
  type EventCodec,
  eventType,
  type EventType,
  type EventTypes,
  type Upcaster,
} from './core/codec/event-codec'
export {
  type DeclaredEvent,
  type EventShape,
  type UpcastShape,
  withUpcasters,
} from './core/codec/events'
export {
  type Field,
  type Fields,
  type FieldValue,
  optional,
  type OptionalField,
  type OptionalKeys,
  type PresentValue,
  record,
  type RecordOf,
} from './core/codec/fields'
export { type EventCodecList, mergeEventCodecs } from './core/codec/merge-event-codecs'
export type { Message, MessageShape } from './core/codec/messages'
export { personal, type PersonalField } from './core/codec/personal'
export { Day, Instant, NonEmptyText, refined, WholeNumber } from './core/codec/refined'
export type { Schema, ValueOf } from './core/codec/schema'
export {
  fromSchema,
  type SchemaType,
  type StandardResult,
  type StandardSchema,
} from './core/codec/standard-schema'
export {
  stateCodec,
  type StateCodec,
  type StateIn,
  type StateShape,
} from './core/codec/state-codec'
export { describeIssues, type Issue } from './core/issue'
export { type Forgotten, forgotten, isForgotten } from './core/personal'
