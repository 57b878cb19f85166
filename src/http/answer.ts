import * as E from 'fp-ts/Either'
import type { StreamVersion } from '../core/stream'
import { catching } from '../shell/catching'
import { entityTag } from './entity-tag'
import { preconditionsOf } from './preconditions'
import { httpProblem, internalError, type Problem, problemResponse } from './problem'

/** What is answered to a request that succeeded. Every key is optional. */
export interface Answer {
  /** 200 to 399. Default 200; 204 without `json`. */
  readonly status?: number
  /** The content. Left out: none. */
  readonly json?: unknown
  /** Further headers; they win over the standard ones. */
  readonly headers?: Readonly<Record<string, string>>
}

/** A failure that the caller is not shown, for logs. */
export interface RequestFailure {
  /** The error as it is, or what code of the application has thrown. */
  readonly error: unknown
  /** What the caller was shown. */
  readonly problem: Problem
  readonly request: Request
}

/** Called with every problem of status 500 or more. What it throws is ignored. Default: nothing is logged. */
export type OnFailure = (failure: RequestFailure) => void

/** The response for a problem; one that is not the caller's fault is reported. */
export const failureResponse = (
  onFailure: OnFailure | undefined,
  failure: RequestFailure,
  headers: Readonly<Record<string, string>> = {},
): Response => {
  if (failure.problem.status >= 500) catching(() => onFailure?.(failure))
  return problemResponse(failure.problem, headers)
}

/** The response for an answer; a Left if it is none: its content is not JSON, its status out of range. */
export const answerResponse = (
  answer: Answer,
  standard: Readonly<Record<string, string>>,
): E.Either<unknown, Response> =>
  catching(() => {
    const { status, json, headers = {} } = answer
    if (json === undefined) {
      return new Response(null, { status: status ?? 204, headers: { ...standard, ...headers } })
    }
    const text = JSON.stringify(json)
    const content = {
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(text)),
    }
    return new Response(text, {
      status: status ?? 200,
      headers: { ...content, ...standard, ...headers },
    })
  })

const preconditionFailed = httpProblem(
  412,
  'precondition-failed',
  'A precondition of the request does not hold.',
)

/** Read again whenever it is shown, at the cost of a 304. */
const CACHED = 'private, no-cache'

/**
 * The answer to a GET or HEAD of something that has a version: with its `ETag`; 304 without content if the caller has
 * it already (`If-None-Match`), 412 if it demands another one (`If-Match`), 400 for a malformed header.
 *
 * @param version - of what is shown. 1 or more.
 * @param answer - called only if the content is to be sent. `Cache-Control` is `private, no-cache` unless it says so.
 *   If it throws, or answers what is not JSON, that is `internal-error`.
 *
 * @example
 * return conditionalAnswer(request, current.version, () => ({ json: { balance: current.state.balance } }))
 */
export const conditionalAnswer = (
  request: Request,
  version: StreamVersion,
  answer: () => Answer,
  onFailure?: OnFailure,
): Response => {
  const preconditions = preconditionsOf(request.headers)
  if (E.isLeft(preconditions)) return problemResponse(preconditions.left)
  const standard = { etag: entityTag(version), 'cache-control': CACHED }
  if (preconditions.right?.isMatched(version) === false) return problemResponse(preconditionFailed)
  if (preconditions.right?.isUnseen(version) === false) {
    return new Response(null, { status: 304, headers: standard })
  }
  const made = catching(answer)
  const response = E.isLeft(made) ? made : answerResponse(made.right, standard)
  return E.isRight(response)
    ? response.right
    : failureResponse(onFailure, { error: response.left, problem: internalError, request })
}
