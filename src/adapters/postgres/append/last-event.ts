import type { ExpectedVersion } from '../../../core/expected-version'
import { ENDED_VERSION } from '../schema/names'

// What an append looks at: the last event of its stream. It is compared with the version that is expected, and nothing is
// recorded before it.

/** How an expected version reaches the server: see append_together in migrations/0001_reprise.sql, too. */
export const versionCode = (expected: ExpectedVersion): number => {
  if (expected === 'any') return -1
  if (expected === 'mustExist') return -2
  return expected === 'mustNotExist' ? 0 : expected
}

/** SQL: whether a stream at version `current` has the version that the code `expected` requires. */
export const fits = (expected: string, current: string): string =>
  `(${current} < ${ENDED_VERSION} and (${expected} in (-1, ${current}) or (${expected} = -2 and ${current} > 0)))`

/**
 * SQL: joins what comes before with the last event of its stream, as `last`: null columns if that is below the expected
 * version, so that nothing fits. Without that bound the index would be read on downwards, to the end of the page,
 * however few rows are requested.
 */
export const joinLast = (schema: string, stream: string, expected: string): string =>
  `left join lateral (
     select e.version, e.recorded_at from ${schema}.events e
     where e.stream_id = ${stream} and e.version >= ${expected}
     order by e.version desc limit 1) last on true`

/** SQL: the version of a stream, by its last event. */
export const CURRENT = 'coalesce(last.version, 0)'

/** SQL: this moment. */
export const MOMENT = "date_trunc('milliseconds', clock_timestamp())"

/** SQL: this moment, and never before that of the stream's last event: a server's clock may be set back. */
export const notBefore = (last: string, moment = MOMENT): string => `greatest(${moment}, ${last})`
