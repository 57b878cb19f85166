import { hasControlCharacter } from './code-points'
import * as E from 'fp-ts/Either'
import { type InvalidStreamId, invalidStreamId } from './errors/invalid'

/**
 * The name of a stream, as `category-id`: `account-A1`. The category ends at the first `-`; the id may
 * contain more of them. 1 to 255 characters, none of them a control character. Make one with
 * {@link streamId}; every store validates it again.
 */
export type StreamId = string

/** How many events a stream has. Its first event is version 1; 0: never written to. At most 2,147,483,646. */
export type StreamVersion = number

/** The place of an event in the order of its source. Increasing, with gaps; how high it can be says the adapter. */
export type Position = number

/** A position, and the source that it is of, as the answer to a command names it. `undefined`: there is only one. */
export interface SourcePosition {
  readonly position: Position
  readonly source: string | undefined
}

/** The longest stream id, in characters. */
export const MAXIMUM_STREAM_ID_LENGTH = 255
/** The highest version: the most events that a stream can have. */
export const MAXIMUM_VERSION = 2_147_483_646
/** The highest position that any source can have: a number holds it exactly. An adapter's own may be lower. */
export const MAXIMUM_POSITION = Number.MAX_SAFE_INTEGER

const problemOf = (id: unknown): string | undefined => {
  if (typeof id !== 'string') return 'it must be a string'
  if (id.length > MAXIMUM_STREAM_ID_LENGTH) {
    return `it has ${id.length} characters; the limit is ${MAXIMUM_STREAM_ID_LENGTH}`
  }
  if (hasControlCharacter(id)) return 'it contains a control character'
  if (!id.isWellFormed()) return 'it contains a lone surrogate'
  const dash = id.indexOf('-')
  if (dash < 1) return 'it must have the form category-id; the category is missing'
  return dash === id.length - 1 ? 'the id after the category is empty' : undefined
}

/**
 * The error `InvalidStreamId` if `id` is not a valid stream id, or `undefined`. Store adapters call it before anything
 * else.
 *
 * @example
 * streamIdError('account-A1') // undefined
 */
export const streamIdError = (id: StreamId): InvalidStreamId | undefined => {
  const problem = problemOf(id)
  return problem === undefined ? undefined : invalidStreamId(id, problem)
}

/**
 * Whether an id can begin with `prefix` at all. Store adapters ask before they compare: half of a character matches none.
 *
 * @example
 * canBeginId('account-A') // true
 */
export const canBeginId = (prefix: string): boolean =>
  prefix.isWellFormed() && !hasControlCharacter(prefix)

/**
 * The id of a stream, from its category and the id within it.
 *
 * Fails with `InvalidStreamId`: the category is empty or contains `-`, the id is empty or no string, or the two
 * together are too long or contain a control character.
 *
 * @example
 * streamId('account', 'A1') // E.right('account-A1')
 */
export const streamId = (category: string, id: string): E.Either<InvalidStreamId, StreamId> => {
  if (typeof id !== 'string') {
    return E.left(invalidStreamId(`${category}-`, 'the id after the category must be a string'))
  }
  const whole = `${category}-${id}`
  if (category.includes('-')) {
    return E.left(invalidStreamId(whole, `the category ${category} must not contain '-'`))
  }
  const error = streamIdError(whole)
  return error === undefined ? E.right(whole) : E.left(error)
}

/**
 * The category of a stream: the part before its first `-`.
 *
 * @example
 * categoryOf('account-A1') // 'account'
 */
export const categoryOf = (id: StreamId): string => {
  const dash = id.indexOf('-')
  return dash === -1 ? id : id.slice(0, dash)
}
