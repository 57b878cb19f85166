import type { ExpectedVersion } from '../../../core/expected-version'
import { MAXIMUM_VERSION } from '../../../core/stream'
import type { EncodedAppend } from './encoded-append'

// How the kinds of expected versions reach the server, and how the statements check them. The append function of
// migrations/0001_reprise.sql reads the same codes.

export const versionCode = (expected: ExpectedVersion): number => {
  if (expected === 'any') return -1
  if (expected === 'mustExist') return -2
  return expected === 'mustNotExist' ? 0 : expected
}

/** SQL: whether a stream at version `current` has the version that the code `expected` requires. */
export const fits = (expected: string, current: string): string =>
  `(${expected} in (-1, ${current}) or (${expected} = -2 and ${current} > 0))`

/**
 * SQL: the version of a stream; 0, which then does not fit, if it is below the expected one. Without that bound the
 * index would be read on downwards, to the end of the page, however few rows are requested.
 */
export const versionOf = (schema: string, stream: string, expected: string): string =>
  `coalesce((select e.version from ${schema}.events e
             where e.stream_id = ${stream} and e.version >= ${expected}
             order by e.version desc limit 1), 0)`

/** Whether an append names the one version that its stream must be at, and there is a version after it. */
export const isExact = ({ expectedVersion }: EncodedAppend): boolean =>
  expectedVersion !== 'any' &&
  expectedVersion !== 'mustExist' &&
  expectedVersion !== MAXIMUM_VERSION
