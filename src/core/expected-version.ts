import { preview } from './issue'
import { MAXIMUM_VERSION, type StreamVersion } from './stream'

/**
 * The version that the writer expects the stream to be at. The store enforces it, also under concurrent
 * writes.
 *
 * - a number: the stream has exactly this many events (0: it does not exist yet)
 * - `mustNotExist`: the same as 0
 * - `mustExist`: the stream has at least one event
 * - `any`: no check
 */
export type ExpectedVersion = StreamVersion | 'mustNotExist' | 'mustExist' | 'any'

/**
 * Whether a stream at version `actual` meets the expectation.
 *
 * @example
 * versionFits('mustExist', 3) // true
 */
export const versionFits = (expected: ExpectedVersion, actual: StreamVersion): boolean => {
  if (expected === 'any') return true
  if (expected === 'mustExist') return actual > 0
  return actual === (expected === 'mustNotExist' ? 0 : expected)
}

/** Whether `expected` says which version the stream must be at: then those of the next events are known. */
export const isExactly = (expected: ExpectedVersion): expected is StreamVersion | 'mustNotExist' =>
  expected !== 'any' && expected !== 'mustExist'

/**
 * Whether `expected` is valid: one of the three words, or an integer from 0 to {@link MAXIMUM_VERSION}.
 *
 * @example
 * isExpectedVersion(-1) // false
 */
export const isExpectedVersion = (expected: unknown): expected is ExpectedVersion =>
  expected === 'any' ||
  expected === 'mustExist' ||
  expected === 'mustNotExist' ||
  (Number.isInteger(expected) && Number(expected) >= 0 && Number(expected) <= MAXIMUM_VERSION)

/** Why `expected` is not valid, or `undefined`. */
export const expectedVersionProblem = (expected: unknown): string | undefined =>
  isExpectedVersion(expected)
    ? undefined
    : `the expected version must be a non-negative integer, 'mustExist', 'mustNotExist' or 'any'; got ${preview(expected)}`
