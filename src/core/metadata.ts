import * as t from 'io-ts'
import { isRecord, type JsonObject } from './json'

/** What is known about how an event came to be. Every key may be missing. */
export interface Metadata {
  /** The command that this event answers. All events of one decision share it. */
  readonly commandId?: string
  /** Shared by everything that one request set off. */
  readonly correlationId?: string
  /** The id of the command or event that directly led here. */
  readonly causationId?: string
  /** Who asked. */
  readonly actor?: string
  /** The application's own keys. */
  readonly extra?: JsonObject
}

/** Most events have none, and share this. */
export const noMetadata: Metadata = Object.freeze({})

const JsonRecord = new t.Type<JsonObject>(
  'a JSON object',
  isRecord,
  (value, context) => (isRecord(value) ? t.success(value) : t.failure(value, context)),
  t.identity,
)

/** Metadata as it is read back. Unknown keys are dropped. */
export const Metadata: t.Type<Metadata, unknown> = t.exact(
  t.partial({
    commandId: t.string,
    correlationId: t.string,
    causationId: t.string,
    actor: t.string,
    extra: JsonRecord,
  }),
)
