import type { Json, JsonObject } from '../../core/json'
import type { Metadata } from '../../core/metadata'
import type { NewEvent } from '../../core/recorded-event'

const isList = (value: Json): value is ReadonlyArray<Json> => Array.isArray(value)

/** A copy that nobody can change: neither the writer who handed it in, nor any reader. */
export const frozenJson = (value: Json): Json => {
  if (typeof value !== 'object' || value === null) return value
  return isList(value) ? Object.freeze(value.map(frozenJson)) : frozenObject(value)
}

// Spreading keeps an own key named `__proto__`; assigning to it afterwards stays with that own key.
const frozenObject = (value: JsonObject): JsonObject => {
  const copy: Record<string, Json> = { ...value }
  for (const key of Object.keys(copy)) {
    const inner = copy[key]
    if (typeof inner === 'object' && inner !== null) copy[key] = frozenJson(inner)
  }
  return Object.freeze(copy)
}

const frozenMetadata = (metadata: Metadata): Metadata =>
  Object.freeze(
    metadata.extra === undefined
      ? { ...metadata }
      : { ...metadata, extra: frozenObject(metadata.extra) },
  )

/** An event as the caller handed it in, now out of the caller's reach. */
export const frozenEvent = ({ id, type, schemaVersion, data, metadata }: NewEvent): NewEvent => ({
  id,
  type,
  schemaVersion,
  data: frozenObject(data),
  metadata: frozenMetadata(metadata),
})
