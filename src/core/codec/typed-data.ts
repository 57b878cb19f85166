import { isPlain, type Json, type JsonObject } from '../json'
import { owns } from '../owns'

// Key by key, because V8 takes many times as long for a spread with an added key or for a rest pattern.
// Only those keep a key named `__proto__`, so they are the fallback.

/** Stored data as its codec expects it: with its type. */
export const withType = (data: JsonObject, type: string): Readonly<Record<string, unknown>> => {
  const written: Record<string, unknown> = {}
  for (const key in data) {
    if (key === '__proto__') return { ...data, type }
    if (owns(data, key)) written[key] = data[key]
  }
  written['type'] = type
  return written
}

/** Encoded data as it is stored: without its type. */
export const withoutType = (written: JsonObject): JsonObject => {
  const data: Record<string, Json> = {}
  for (const key in written) {
    if (key === '__proto__') return rest(written)
    const value = written[key]
    if (key !== 'type' && value !== undefined && owns(written, key)) data[key] = value
  }
  return data
}

const rest = ({ type: _type, ...data }: JsonObject): JsonObject => data

/** Leaves out the keys of a record that are `undefined`: JSON has no such value, and an optional field none. */
export const definedFields = (written: unknown): unknown => {
  if (typeof written !== 'object' || written === null || !isPlain(written)) return written
  const entries = Object.entries(written)
  const defined = entries.filter(([, value]) => value !== undefined)
  return defined.length === entries.length ? written : Object.fromEntries(defined)
}
