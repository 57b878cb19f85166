/** The schema that holds everything, unless the caller chooses another. */
export const DEFAULT_SCHEMA = 'reprise'

/** `name` as an identifier of SQL, whatever characters it has. */
export const quoteIdentifier = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** A text as a constant of SQL. */
export const quoteText = (text: string): string => `'${text.replaceAll("'", "''")}'`

/** FNV-1a, 32 bits. Source: http://www.isthe.com/chongo/tech/comp/fnv/ */
export const fingerprint = (text: string): number => {
  let hash = 0x811c9dc5
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0
  return hash
}

/**
 * The number of a schema among the advisory locks of its database: 24 bits of its fingerprint. Two
 * schemas with the same number stay correct; a subscriber of one may wait for a writer of the other.
 */
export const namespaceOf = (schema: string): number => fingerprint(schema) & 0xffffff

/**
 * SQL: a time in milliseconds since 1970-01-01 UTC, without fractions, as a double. By `date_part`, because `extract`
 * computes in decimals, at four times the cost; it is off by less than half a microsecond, hence the addition.
 */
export const milliseconds = (time: string): string =>
  `floor(date_part('epoch', ${time}) * 1000 + 0.0005)`
