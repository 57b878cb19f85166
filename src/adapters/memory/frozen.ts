import type { Json, JsonObject } from '../../core/json'
import type { Metadata } from '../../core/metadata'
import type { NewEvent } from '../../core/recorded-event'

const isList = (value: Json): value is ReadonlyArray<Json> => Array.isArray(value)

/** A copy that nobody can change: neither the writer who handed it in, nor any reader. */
export const frozenJson = (value: Json): Json => {
  if (typeof value !== 'object' || value === null) return value
  return isList(value) ? Object.freeze(value.map(frozenJson)) : frozenObject(value)
}

// Freezing an object that was made by spreading costs five times as much as one made by assigning: a
// measured habit of V8. But only spreading keeps an own key named `__proto__`.
const copyOf = <Value extends object>(value: Value): Value =>
  Object.hasOwn(value, '__proto__') ? { ...value } : Object.assign({}, value)

const frozenObject = (value: JsonObject): JsonObject => {
  const copy: Record<string, Json> = copyOf(value)
  for (const key of Object.keys(copy)) {
    const inner = copy[key]
    if (typeof inner === 'object' && inner !== null) copy[key] = frozenJson(inner)
  }
  return Object.freeze(copy)
}

const frozenMetadata = (metadata: Metadata): Metadata => {
  const { extra } = metadata
  return Object.freeze(
    extra === undefined ? copyOf(metadata) : { ...metadata, extra: frozenObject(extra) },
  )
}

/** An event as the caller handed it in, now out of the caller's reach. */
export const frozenEvent = ({ id, type, schemaVersion, data, metadata }: NewEvent): NewEvent => ({
  id,
  type,
  schemaVersion,
  data: frozenObject(data),
  metadata: frozenMetadata(metadata),
})
