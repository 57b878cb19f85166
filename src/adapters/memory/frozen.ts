import type { Json, JsonObject } from '../../core/json'
import { type Metadata, noMetadata } from '../../core/metadata'
import { isEmpty, owns } from '../../core/owns'
import type { NewEvent } from '../../core/recorded-event'

const isList = (value: Json): value is ReadonlyArray<Json> => Array.isArray(value)

/** A copy that nobody can change: neither the writer who handed it in, nor any reader. */
export const frozenJson = (value: Json): Json => {
  if (typeof value !== 'object' || value === null) return value
  return isList(value) ? Object.freeze(value.map(frozenJson)) : frozenObject(value)
}

// Only spreading keeps an own key named `__proto__`; freezing what was made by spreading takes V8 five
// times as long as what was made key by key.
const spread = (value: JsonObject): JsonObject => {
  const copy: Record<string, Json> = { ...value }
  for (const key of Object.keys(copy)) {
    const inner = copy[key]
    if (inner !== undefined) copy[key] = frozenJson(inner)
  }
  return copy
}

export const frozenObject = (value: JsonObject): JsonObject => {
  const copy: Record<string, Json> = {}
  for (const key in value) {
    if (key === '__proto__') return Object.freeze(spread(value))
    const inner = value[key]
    if (inner !== undefined && owns(value, key)) copy[key] = frozenJson(inner)
  }
  return Object.freeze(copy)
}

export const frozenMetadata = (metadata: Metadata): Metadata => {
  if (isEmpty(metadata)) return noMetadata
  const { extra } = metadata
  return Object.freeze(
    extra === undefined ? Object.assign({}, metadata) : { ...metadata, extra: frozenObject(extra) },
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
