import type { ContextEntry, Errors } from 'io-ts'

/** One problem of a value, and where it is: `{ path: 'lines.0.amount', message: '...' }`. */
export interface Issue {
  /** The keys that lead to it, outermost first, joined by dots. Empty: the value as a whole. */
  readonly path: string
  readonly message: string
}

const MOST_ISSUES = 10
const MOST_CHARACTERS = 80

/** A short rendering of any value, for a message. Never throws; never longer than a line. */
export const preview = (value: unknown): string => {
  const text = shown(value)
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}...` : text
}

const shown = (value: unknown): string => {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value.slice(0, MOST_CHARACTERS + 1))
    case 'bigint':
      return `${String(value)}n`
    case 'function':
      return 'a function'
    case 'object':
      if (value === null) return 'null'
      return Array.isArray(value) ? `an array of ${value.length}` : 'an object'
    case 'number':
    case 'boolean':
    case 'symbol':
    case 'undefined':
      return String(value)
  }
}

/**
 * Whether a step leads to a part of a codec, a member of an intersection or a union, and not into the value: both
 * are for the same value then. io-ts numbers the parts, and the number is no key.
 */
const isPart = (step: ContextEntry, before: ContextEntry | undefined): boolean =>
  before !== undefined &&
  'actual' in step &&
  'actual' in before &&
  Object.is(step.actual, before.actual)

/** The errors of io-ts as issues: at most ten, each with one path. */
export const issuesOf = (errors: Errors): ReadonlyArray<Issue> =>
  errors.slice(0, MOST_ISSUES).map(({ context, value, message }) => {
    const expected = context[context.length - 1]?.type.name ?? 'something else'
    return {
      path: context
        .slice(1)
        .filter((step, index) => !isPart(step, context[index]))
        .map(({ key }) => key)
        .filter((key) => key !== '')
        .join('.'),
      message: message ?? `expected ${expected}, got ${preview(value)}`,
    }
  })

/**
 * The issues as one line of text. Never throws.
 *
 * @example
 * describeIssues([{ path: 'amount', message: 'expected number, got "5"' }]) // 'amount: expected number, got "5"'
 */
export const describeIssues = (issues: ReadonlyArray<Issue>): string =>
  issues.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; ')

/** The message of anything that was thrown. Never throws. */
export const causeText = (cause: unknown): string =>
  cause instanceof Error ? cause.message : preview(cause)

/** The value of `input` under `name`; `undefined` if `input` is not a record or does not have it. */
export const fieldOf = (input: unknown, name: string): unknown => {
  if (typeof input !== 'object' || input === null || !Object.hasOwn(input, name)) return undefined
  const fields: Readonly<Record<string, unknown>> = { ...input }
  return fields[name]
}

/** The issues of a value that is nested under `name`, with paths from the outer value. */
export const issuesUnder = (name: string, issues: ReadonlyArray<Issue>): ReadonlyArray<Issue> =>
  issues.map(({ path, message }) => ({ path: path === '' ? name : `${name}.${path}`, message }))
