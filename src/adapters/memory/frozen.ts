import type { Json, JsonObject } from '../../core/json'
import { type Metadata, noMetadata } from '../../core/metadata'
import { isEmpty, owns } from '../../core/owns'
import type { NewEvent } from '../../core/recorded-event'

const isList = (value: Json): value is ReadonlyArray<Json> => Array.isArray(value)

/** A copy that neither the writer nor any reader can change. */
export const frozenJson = (value: Json): Json => {
  if (typeof value !== 'object' || value === null) return value
  return isList(value) ? Object.freeze(value.map(frozenJson)) : frozenObject(value)
}

// Only spreading keeps an own key named `__proto__`; but V8 takes five times as long to freeze a spread object as
// one that was built key by key.
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
    // `Object.assign` would set the prototype instead of an own key named `__proto__`.
    extra === undefined && !owns(metadata, '__proto__')
      ? Object.assign({}, metadata)
      : { ...metadata, ...(extra === undefined ? {} : { extra: frozenJson(extra) as JsonObject }) },
  )
}

/** A copy of the caller's event that the caller cannot change. */
export const frozenEvent = ({
  id,
  type,
  schemaVersion,
  data: given,
  metadata: ofCaller,
  tags,
}: NewEvent): NewEvent => {
  const data = frozenObject(given)
  const metadata = frozenMetadata(ofCaller)
  // Written out: spreading an object and adding to it takes more memory than the rest.
  return tags === undefined
    ? { id, type, schemaVersion, data, metadata }
    : { id, type, schemaVersion, data, metadata, tags: [...tags] }
}
