import { MAXIMUM_VERSION, type StreamVersion } from './stream'

/**
 * What the writer believes of the stream. It is enforced by the store, under races too.
 *
 * - a number: the stream has exactly this many events (0: it does not exist yet)
 * - `mustNotExist`: the same as 0
 * - `mustExist`: it has at least one event
 * - `any`: nothing is believed
 */
export type ExpectedVersion = StreamVersion | 'mustNotExist' | 'mustExist' | 'any'

/** Whether a stream at `actual` is what the writer believes. */
export const versionFits = (expected: ExpectedVersion, actual: StreamVersion): boolean => {
  if (expected === 'any') return true
  if (expected === 'mustExist') return actual > 0
  return actual === (expected === 'mustNotExist' ? 0 : expected)
}

/** Whether `expected` can be asked for at all: a word, or an integer from 0 to the largest version. */
export const isExpectedVersion = (expected: unknown): expected is ExpectedVersion =>
  expected === 'any' ||
  expected === 'mustExist' ||
  expected === 'mustNotExist' ||
  (Number.isInteger(expected) && Number(expected) >= 0 && Number(expected) <= MAXIMUM_VERSION)

/** Why `expected` cannot be asked for, or `undefined`. */
export const expectedVersionProblem = (expected: unknown): string | undefined =>
  isExpectedVersion(expected)
    ? undefined
    : `the expected version must be an integer from 0, or a word, and not ${String(expected)}`
