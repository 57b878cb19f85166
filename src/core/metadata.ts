import * as t from 'io-ts'
import { isRecord, type JsonObject } from './json'

/** Where an event came from. Every key is optional. */
export interface Metadata {
  /** The command that produced this event. All events of one decision share it. */
  readonly commandId?: string
  /** Shared by everything that one request caused. */
  readonly correlationId?: string
  /** The id of the command or event that directly caused this one. */
  readonly causationId?: string
  /** Who sent the command. */
  readonly actor?: string
  /** The application's own keys. */
  readonly extra?: JsonObject
  /** It was brought in from elsewhere, by an import: it is history, and nothing that has just happened. */
  readonly imported?: true
  /** The stream begins with it: it is the summary of all events that were there before. Given by a truncation. */
  readonly beginning?: true
}

/** Shared by all events without metadata, which are most of them. */
export const noMetadata: Metadata = Object.freeze({})

const JsonRecord = new t.Type<JsonObject>(
  'a JSON object',
  isRecord,
  (value, context) => (isRecord(value) ? t.success(value) : t.failure(value, context)),
  t.identity,
)

/** The codec of stored metadata. Unknown keys are dropped. */
export const Metadata: t.Type<Metadata, unknown> = t.exact(
  t.partial({
    commandId: t.string,
    correlationId: t.string,
    causationId: t.string,
    actor: t.string,
    extra: JsonRecord,
    imported: t.literal(true),
    beginning: t.literal(true),
  }),
)
