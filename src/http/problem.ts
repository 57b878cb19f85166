import { STATUS_CODES } from 'node:http'
import type { Json, JsonObject } from '../core/json'
import { setting } from '../core/setting'
import { catching } from '../shell/catching'

/**
 * A problem document: RFC 9457, `application/problem+json`. Beside its five members it has a `code`, and whatever
 * else the problem brings.
 */
export interface Problem {
  /** A URI. `about:blank` unless the application has types of its own: then the `code` says which problem it is. */
  readonly type: string
  readonly title: string
  /** 400 to 599. */
  readonly status: number
  /** Which problem, for programs: lower case, words joined by dashes. It never changes. */
  readonly code: string
  /** This occurrence, for people. */
  readonly detail?: string
  /** A URI of this occurrence. */
  readonly instance?: string
  /**
   * In seconds, when it is worth trying again; {@link problemResponse} makes the header `Retry-After` of it. Omitted:
   * it is not.
   */
  readonly retryAfter?: number
  readonly [extension: string]: Json | undefined
}

/** What an application says of a problem. What it leaves out, or a status that is none, stays the default. */
export interface ProblemFields {
  /** 400 to 599. Default: that of the problem, as it is listed at {@link problem}. */
  readonly status?: number
  readonly code?: string
  readonly type?: string
  readonly title?: string
  readonly detail?: string
  readonly instance?: string
  /** Seconds, 0 or more. Default: that of the problem. */
  readonly retryAfter?: number
  /** Further members. They cannot replace the members above. */
  readonly extensions?: JsonObject
}

/** The problem that some fields describe. */
export const problemOf = (
  { status, code, type, title, detail, instance, retryAfter, extensions }: ProblemFields,
  standard: { readonly status: number; readonly code: string },
): Problem => {
  const valid = setting(status, standard.status, 400, 599)
  return {
    ...extensions,
    type: type ?? 'about:blank',
    title: title ?? STATUS_CODES[valid] ?? 'Unknown Error',
    status: valid,
    code: code ?? standard.code,
    ...(detail === undefined ? {} : { detail }),
    ...(instance === undefined ? {} : { instance }),
    ...(retryAfter === undefined ? {} : { retryAfter: setting(retryAfter, 1, 0) }),
  }
}

/**
 * A problem of the application's own: an unknown route, a missing right.
 *
 * @param status - 400 to 599.
 * @param code - lower case, words joined by dashes.
 *
 * @example
 * problemResponse(httpProblem(404, 'not-found', 'There is no such gift card.'))
 */
export const httpProblem = (status: number, code: string, detail?: string): Problem =>
  problemOf(detail === undefined ? {} : { detail }, { status, code })

/** A defect, or a failure that is none of the caller's business. It says nothing more. */
export const internalError = problemOf(
  { detail: 'The request could not be handled. The failure is in the log of the server.' },
  { status: 500, code: 'internal-error' },
)

const UNWRITABLE = JSON.stringify(internalError)

/**
 * The response for a problem. Never throws: a problem that is not JSON becomes `internal-error`.
 *
 * @param headers - further headers.
 *
 * @example
 * return problemResponse(httpProblem(404, 'not-found'), { 'x-request-id': '17' })
 */
export const problemResponse = (
  problem: Problem,
  headers: Readonly<Record<string, string>> = {},
): Response => {
  const written = catching(() => JSON.stringify(problem))
  const sound = written._tag === 'Right'
  const { status, retryAfter } = sound ? problem : internalError
  const text = sound ? written.right : UNWRITABLE
  return new Response(text, {
    status,
    headers: {
      'content-length': String(Buffer.byteLength(text)),
      'cache-control': 'no-store',
      ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
      ...headers,
      'content-type': 'application/problem+json',
    },
  })
}

/** A header of the request is not what its definition says. */
export const malformedHeader = (name: string, expected: string): Problem => ({
  ...httpProblem(400, 'malformed-header', `${name} must be ${expected}.`),
  header: name,
})
