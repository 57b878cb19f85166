import * as E from 'fp-ts/Either'
import { MAXIMUM_POSITION, MAXIMUM_VERSION, streamIdError, type StreamId } from '../core/stream'
import { httpProblem, type Problem } from '../http/problem'

/** The parameters of a request, validated: nothing else of it reaches a store. */

const malformed = (detail: string): Problem => httpProblem(400, 'malformed-parameter', detail)

/** A whole number. */
export const numberIn = (
  parameters: URLSearchParams,
  name: string,
  { standard, least, most }: { standard: number; least: number; most: number },
): E.Either<Problem, number> => {
  const text = parameters.get(name)
  if (text === null) return E.right(standard)
  const number = /^\d{1,16}$/.test(text) ? Number(text) : NaN
  return number >= least && number <= most
    ? E.right(number)
    : E.left(malformed(`${name} must be a whole number from ${least} to ${most}.`))
}

export const positionIn = (parameters: URLSearchParams, name: string) =>
  numberIn(parameters, name, { standard: 0, least: 0, most: MAXIMUM_POSITION })

export const versionIn = (parameters: URLSearchParams, name: string, standard: number) =>
  numberIn(parameters, name, { standard, least: 0, most: MAXIMUM_VERSION })

/** Rows in one page. */
export const limitIn = (parameters: URLSearchParams) =>
  numberIn(parameters, 'limit', { standard: 100, least: 1, most: 500 })

const MOST_CHARACTERS = 1_000

/** A text; omitted or empty, `undefined`. */
export const textIn = (
  parameters: URLSearchParams,
  name: string,
): E.Either<Problem, string | undefined> => {
  const text = parameters.get(name) ?? ''
  if (text.length > MOST_CHARACTERS || text.includes('\u0000') || !text.isWellFormed()) {
    return E.left(
      malformed(`${name} must be text of at most ${MOST_CHARACTERS} characters, without NUL.`),
    )
  }
  return E.right(text === '' ? undefined : text)
}

/** A text that must be there. */
export const requiredIn = (
  parameters: URLSearchParams,
  name: string,
): E.Either<Problem, string> => {
  const text = textIn(parameters, name)
  if (E.isLeft(text)) return text
  return text.right === undefined ? E.left(malformed(`${name} is missing.`)) : E.right(text.right)
}

/** The id of a stream. */
export const streamIn = (parameters: URLSearchParams): E.Either<Problem, StreamId> => {
  const id = parameters.get('stream') ?? ''
  const error = streamIdError(id)
  return error === undefined ? E.right(id) : E.left(malformed(`stream: ${error.message}`))
}

/** Whether personal data is asked for. */
export const revealsIn = (parameters: URLSearchParams): boolean =>
  parameters.get('reveal') === 'true'
