// What the pages use of `node:assert/strict`.
import { inspect, isDeepStrictEqual } from './show.mjs'

export class AssertionError extends Error {
  name = 'AssertionError'
  constructor({ message, actual, expected }) {
    super(message ?? `expected\n${inspect(expected)}\nand got\n${inspect(actual)}`)
    Object.assign(this, { actual, expected, code: 'ERR_ASSERTION' })
  }
}

export const fail = (message) => {
  throw message instanceof Error ? message : new AssertionError({ message: message ?? 'Failed' })
}

const check = (holds, message, actual, expected) => {
  if (holds) return
  if (message instanceof Error) throw message
  throw new AssertionError({ message, actual, expected })
}

export const ok = (value, message) =>
  check(Boolean(value), message ?? `${inspect(value)} is not true`)
export const equal = (actual, expected, message) =>
  check(Object.is(actual, expected), message, actual, expected)
export const notEqual = (actual, expected, message) =>
  check(!Object.is(actual, expected), message ?? `${inspect(actual)} is not another value`)
export const deepEqual = (actual, expected, message) =>
  check(isDeepStrictEqual(actual, expected), message, actual, expected)
export const match = (text, pattern, message) =>
  check(pattern.test(text), message ?? `${inspect(text)} does not match ${pattern}`)
export const throws = (work) => {
  try {
    work()
  } catch {
    return
  }
  fail('Missing expected exception')
}

const assert = Object.assign((value, message) => ok(value, message), {
  ...{ AssertionError, fail, ok, equal, notEqual, deepEqual, match, throws },
  strictEqual: equal,
  deepStrictEqual: deepEqual,
})
export const strict = assert
export default assert
