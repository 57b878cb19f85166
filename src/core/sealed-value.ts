import type { StoredEvent } from './recorded-event'
import { FORGOTTEN_JSON, withReplaced } from './personal'
import type { Json } from './json'

/** The key of a sealed value: nothing else may be stored under it. */
export const SEALED = '$personal'

/** A personal value as a store keeps it. */
export interface SealedValue {
  readonly subject: string
  /** Encrypted with the key of the subject, in base64. */
  readonly sealed: string
}

/**
 * The sealed value that a part of some JSON is; `undefined` for everything else.
 *
 * @example
 * sealedIn({ $personal: 'customer-7', sealed: 'c2VhbGVk' }) // { subject: 'customer-7', sealed: 'c2VhbGVk' }
 */
export const sealedIn = (part: object): SealedValue | undefined => {
  if (!(SEALED in part && 'sealed' in part)) return undefined
  const { [SEALED]: subject, sealed } = part
  return typeof subject === 'string' && typeof sealed === 'string' ? { subject, sealed } : undefined
}

/**
 * A stored event for who has no keys: what is sealed in it reads as it does once its subject is forgotten, so that codecs and
 * deciders take it.
 */
export const withoutSealed = (event: StoredEvent): StoredEvent => {
  const data: Json = withReplaced(event.data, (part) =>
    sealedIn(part) === undefined ? undefined : FORGOTTEN_JSON,
  )
  return data === event.data ? event : { ...event, data: data as StoredEvent['data'] }
}
