import { canonicalJson } from '../canonical-json'
import type { StoredEvent } from '../recorded-event'
import type { StreamId, StreamVersion } from '../stream'

/** The hash of a stream's event, which holds those of all before. */
export interface ChainHead {
  readonly streamId: StreamId
  /** Of the event. 1 or more. */
  readonly version: StreamVersion
  /** SHA-256, in hexadecimal digits. */
  readonly hash: string
}

/**
 * What is hashed for an event: the hash of the one before (empty: it is the first), and everything that an export keeps of it but its tags, which may be
 * rebuilt.
 */
export const linkText = (before: string, event: StoredEvent): string => {
  const { id, streamId, version, recordedAt, type, schemaVersion, data, metadata } = event
  const fixed = [before, id, streamId, version, recordedAt, type, schemaVersion]
  return JSON.stringify([...fixed, canonicalJson(data), canonicalJson(metadata)])
}
