import { bytesOf } from '../../../core/code-points'
import { type StoreFailed, storeFailed } from '../../../core/errors/store'

/** The schema that holds everything, unless the caller chooses another. */
export const DEFAULT_SCHEMA = 'reprise'

/** PostgreSQL cuts longer names off, in bytes of UTF-8: two of them could become one. */
const MOST_BYTES = 63

/**
 * Why PostgreSQL cannot have a schema of exactly this name; `undefined` if it can. It would cut it off or replace
 * characters, and then two names would mean one schema.
 */
const problemOf = (name: string): string | undefined => {
  if (name === '') return 'it is empty'
  if (name.includes('\u0000') || !name.isWellFormed()) return 'it holds what no text can hold'
  const bytes = bytesOf(name)
  return bytes > MOST_BYTES
    ? `it has ${bytes} bytes, and PostgreSQL cuts it off after ${MOST_BYTES}`
    : undefined
}

/** The refusal of a name that PostgreSQL would change; `undefined` for all others. */
export const refusedSchema = (name: string): StoreFailed | undefined => {
  const problem = problemOf(name)
  if (problem === undefined) return undefined
  const advice = `${JSON.stringify(name)} cannot be the name of a schema: ${problem}`
  return storeFailed('InvalidSchemaName', 'nothingWritten', undefined, advice)
}

/** Stands in statements in place of a name that PostgreSQL would change: there is no such schema, and the error names it. */
export const REFUSED_NAME = 'reprise: a refused name'

/** `name` as an identifier of SQL, whatever characters it has; one that PostgreSQL would change reaches no schema. */
export const quoteIdentifier = (name: string): string =>
  `"${(problemOf(name) === undefined ? name : REFUSED_NAME).replaceAll('"', '""')}"`

/** A text as a constant of SQL. */
export const quoteText = (text: string): string => `'${text.replaceAll("'", "''")}'`

/** FNV-1a, 32 bits. Source: http://www.isthe.com/chongo/tech/comp/fnv/ */
export const fingerprint = (text: string): number => {
  let hash = 0x811c9dc5
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0
  return hash
}

/**
 * A number for a schema, from its name: for migrations that take turns, and for the channel of the wake-ups. Two
 * schemas with the same number stay correct. (Writers and readers do not use it: see `announce` in
 * migrations/0001_reprise.sql.)
 */
export const namespaceOf = (schema: string): number => fingerprint(schema) & 0xffffff

/**
 * SQL: a time in milliseconds since 1970-01-01 UTC, without fractions, as a double. By `date_part`, because `extract`
 * computes in decimals, at four times the cost; it is off by less than half a microsecond, hence the addition.
 */
export const milliseconds = (time: string): string =>
  `floor(date_part('epoch', ${time}) * 1000 + 0.0005)`

/**
 * The highest version of a row of a stream that takes no events any more, for it was closed or erased: see close_stream and
 * erase_stream in migrations/0001_reprise.sql. Such a row is no event, and has the schema version 0; its type says
 * which of the two it is, or `archived`: its events are in the archive.
 */
export const ENDED_VERSION = 2_147_483_647

/** SQL: whether a row of `events` is an event. */
export const IS_EVENT = 'schema_version > 0'

/**
 * SQL: the table of events as a constant. Functions compare it with the one that they were made for.
 *
 * @param schema - its quoted name.
 */
export const eventsOf = (schema: string): string => `${quoteText(`${schema}.events`)}::regclass`

/** SQL: the sequence that positions are drawn from, of a schema whose name is quoted. */
export const sequenceOf = (schema: string): string =>
  `${quoteText(`${schema}.events_position_seq`)}::regclass`

/** The highest position: 2^40 - 1, about 1.1 million million. The key of an announcement holds it beside the schema. */
export const HIGHEST_POSITION = 2 ** 40 - 1
