import * as E from 'fp-ts/Either'
import { jsonIssue } from '../core/json'
import { setting, timeSetting } from '../core/setting'
import { catching } from '../shell/catching'
import { clearTimeout, setTimeout } from '../platform/node'
import { jsonPointer } from './json-pointer'
import { httpProblem, type Problem } from './problem'

/** How much of a body is read. Every key is optional. */
export interface BodyLimits {
  /** Bytes. 1 or more. Default 1,048,576 (1 MiB); one more is `content-too-large` (413). */
  readonly maximumSize?: number
  /** Milliseconds for the whole of it. Default 30,000; after them it is `request-timeout` (408). */
  readonly timeout?: number
}

const DEFAULT_SIZE = 1_048_576
const DEFAULT_TIMEOUT = 30_000

const JSON_TYPE = /^application\/(?:json|[\w!#$&^.+-]+\+json)$/i

/** Why the content cannot be JSON in UTF-8, by what the headers say of it. */
const contentProblem = (headers: Headers): Problem | undefined => {
  const [essence = '', ...parameters] = (headers.get('content-type') ?? '').split(';')
  if (!JSON_TYPE.test(essence.trim())) {
    return httpProblem(415, 'unsupported-media-type', 'The content type must be application/json.')
  }
  const charset = parameters
    .map((parameter) => /^\s*charset\s*=\s*"?([^"]*?)"?\s*$/i.exec(parameter)?.[1])
    .find((name) => name !== undefined)
  if (charset !== undefined && !/^utf-?8$/i.test(charset)) {
    return httpProblem(415, 'unsupported-media-type', 'The charset of the content must be UTF-8.')
  }
  const coding = headers.get('content-encoding') ?? 'identity'
  return /^identity$/i.test(coding)
    ? undefined
    : httpProblem(415, 'unsupported-content-coding', 'The content must not be compressed.')
}

const tooLarge = (maximum: number): Problem => ({
  ...httpProblem(413, 'content-too-large', `The content must have at most ${maximum} bytes.`),
  maximum,
})
const tooSlow = httpProblem(408, 'request-timeout', 'The content did not arrive in time.')
const broken = httpProblem(400, 'incomplete-content', 'The content ended before it was complete.')
const empty = httpProblem(400, 'malformed-json', 'The content is empty; JSON is expected.')
const notText = httpProblem(400, 'malformed-json', 'The content is not valid UTF-8.')
const notJson = httpProblem(400, 'malformed-json', 'The content is not valid JSON.')

/** All of a body, in pieces. */
const piecesOf = async (
  body: ReadableStream<Uint8Array>,
  maximum: number,
  timeout: number,
): Promise<E.Either<Problem, ReadonlyArray<Uint8Array>>> => {
  const reader = body.getReader()
  // It also ends a read that is under way.
  const cancel = (): void => void reader.cancel().catch(() => undefined)
  const deadline = { isOver: false }
  const timer = setTimeout(() => {
    deadline.isOver = true
    cancel()
  }, timeout)
  const pieces: Uint8Array[] = []
  let size = 0
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (deadline.isOver) return E.left(tooSlow)
      if (done) return E.right(pieces)
      size += value.byteLength
      if (size > maximum) return E.left(tooLarge(maximum))
      pieces.push(value)
    }
  } catch {
    return E.left(broken)
  } finally {
    clearTimeout(timer)
    cancel()
  }
}

const textOf = (pieces: ReadonlyArray<Uint8Array>): string => {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  return pieces.map((piece) => decoder.decode(piece, { stream: true })).join('') + decoder.decode()
}

/** Other code has read the body: a defect of the application. */
export const bodyUsed = httpProblem(
  500,
  'body-used',
  'The content was read already: a body parser must not run before this endpoint.',
)

const unstorable = (
  { path, message }: { readonly path: string; readonly message: string },
  value: unknown,
): Problem => ({
  ...httpProblem(400, 'unstorable-json', 'The content has something in it that cannot be stored.'),
  errors: [{ pointer: jsonPointer(path, value), detail: message }],
})

/**
 * The body of a request as JSON, of a bounded size and in a bounded time. It reads `application/json` and `+json`, in
 * UTF-8, and nothing that a store cannot keep: no NUL, no lone surrogate, no number beyond the range of a double, at
 * most 200 levels.
 *
 * Fails with
 * - `unsupported-media-type`, `unsupported-content-coding` (415): nothing was read.
 * - `content-too-large` (413), `request-timeout` (408): the rest was not read.
 * - `incomplete-content`, `malformed-json`, `unstorable-json` (400).
 * - `body-used` (500): other code has read the body already, a body parser for instance.
 *
 * @example
 * const body = await readJson(request, { maximumSize: 10_000 })
 * if (E.isLeft(body)) return problemResponse(body.left)
 */
export const readJson = async (
  request: Request,
  limits: BodyLimits = {},
): Promise<E.Either<Problem, unknown>> => {
  const maximum = setting(limits.maximumSize, DEFAULT_SIZE, 1)
  const { headers, body } = request
  const problem = contentProblem(headers)
  if (problem !== undefined) return E.left(problem)
  if (Number(headers.get('content-length') ?? 0) > maximum) return E.left(tooLarge(maximum))
  if (request.bodyUsed || body?.locked === true) return E.left(bodyUsed)
  if (body === null) return E.left(empty)
  const pieces = await piecesOf(body, maximum, timeSetting(limits.timeout, DEFAULT_TIMEOUT))
  if (E.isLeft(pieces)) return pieces
  const text = catching(() => textOf(pieces.right))
  if (E.isLeft(text)) return E.left(notText)
  if (text.right.trim() === '') return E.left(empty)
  const json = catching((): unknown => JSON.parse(text.right))
  if (E.isLeft(json)) return E.left(notJson)
  const issue = jsonIssue(json.right)
  return issue === undefined ? json : E.left(unstorable(issue, json.right))
}
