import * as E from 'fp-ts/Either'
import type { HandleError } from '../core/errors/unions'
import type { Metadata } from '../core/metadata'
import { catching } from '../shell/catching'
import type { CommandResult } from '../shell/category/command'
import type { OpenCategory } from '../shell/category/open-category'
import {
  type Answer,
  answerResponse,
  failureResponse,
  type OnFailure,
  type RequestFailure,
} from './answer'
import { commandOptionsFrom, isId, type RequestOptions } from './command-options'
import { entityTag } from './entity-tag'
import { type BodyLimits, readJson } from './json-body'
import { httpProblem, internalError, type Problem, problemResponse } from './problem'
import { POSITION_HEADER, positionHeader } from './read-your-writes'
import { problem, type ProblemOptions, type RequestError } from './request-problem'

/** How a category answers commands. Every key is optional. */
export interface CommandEndpointOptions<State, Event, Rejection>
  extends ProblemOptions<Rejection>, BodyLimits {
  /**
   * The command for a body, or a promise of it: with a type that the route gives, with a time, with a price that is
   * looked up. Whatever it returns is decoded by the category's codec. An `Idempotency-Key` is bound to the body and the
   * URL, not to what is returned here. `body` is `undefined` if the request has no content and no `Content-Type`.
   * Default: the body itself, and a request without content is `unsupported-media-type` (415).
   */
  readonly command?: (body: unknown, request: Request) => unknown
  /** What is answered. Default: status 200, `{ version, position }`; no `position` if nothing was recorded. */
  readonly answer?: (result: CommandResult<State, Event>, request: Request) => Answer
  /**
   * Headers without which a command is refused: 400 `idempotency-key-required`, 428 `precondition-required` (if there
   * is neither `If-Match` nor `If-None-Match`). Default: none.
   */
  readonly required?: ReadonlyArray<'idempotency-key' | 'precondition'>
  readonly onFailure?: OnFailure
}

/** What an endpoint needs of a category. */
export type CommandHandler<State, Event, Rejection> = Pick<
  OpenCategory<never, State, Event, Rejection>,
  'handle'
>

const keyRequired = httpProblem(
  400,
  'idempotency-key-required',
  'The request must have an Idempotency-Key.',
)
const preconditionRequired = httpProblem(
  428,
  'precondition-required',
  'The request must have If-Match, with the ETag of what it changes, or If-None-Match.',
)

const missing = (
  required: CommandEndpointOptions<never, never, never>['required'],
  { commandId, holdsAt }: RequestOptions,
): Problem | undefined => {
  if (required?.includes('idempotency-key') === true && commandId === undefined) return keyRequired
  return required?.includes('precondition') === true && holdsAt === undefined
    ? preconditionRequired
    : undefined
}

const MOST_ATTEMPTS = 10

/** Handles a command; if its preconditions hold at more than one version, at the one where the stream is. */
const handleWhereItIs = async <State, Event, Rejection>(
  { handle }: CommandHandler<State, Event, Rejection>,
  id: string,
  command: unknown,
  options: RequestOptions,
): Promise<E.Either<HandleError<Rejection>, CommandResult<State, Event>>> => {
  let sent = options
  for (let attempt = 1; ; attempt++) {
    const result = await handle(id, command, sent)()
    if (E.isRight(result) || result.left._tag !== 'VersionConflict') return result
    const { actual } = result.left
    if (attempt === MOST_ATTEMPTS || options.holdsAt?.(actual) !== true) return result
    sent = { ...options, expectedVersion: actual }
  }
}

/** What `make` gives, also if it is a promise; what it throws, or is rejected with, becomes a Left. */
const resultOf = async (make: () => unknown): Promise<E.Either<unknown, unknown>> => {
  try {
    return E.right(await make())
  } catch (cause) {
    return E.left(cause)
  }
}

const hasContent = ({ body, bodyUsed, headers }: Request): boolean =>
  body !== null || bodyUsed || headers.has('content-type')

const standardAnswer = ({ events, version, source }: CommandResult<unknown, unknown>): Answer => {
  const position = events.at(-1)?.position
  if (position === undefined) return { json: { version } }
  return { json: { version, position, ...(source === undefined ? {} : { source }) } }
}

/** What was sent, for the fingerprint: the same key at another URL is another command. */
const sentAs = (request: Request, body: unknown): unknown => {
  const { pathname, search } = new URL(request.url)
  return [request.method, pathname + search, body ?? null]
}

/** Only if a header can carry it: an id that the application gives can be any text. */
const withCorrelation = (response: Response, correlationId: string): Response => {
  if (isId(correlationId)) response.headers.set('x-correlation-id', correlationId)
  return response
}

/** The metadata of the application wins over that of the headers. */
const merged = (
  { commandId, metadata = {} }: RequestOptions,
  own: Metadata,
): Metadata & { readonly correlationId: string } => ({
  ...metadata,
  ...own,
  correlationId: own.correlationId ?? metadata.correlationId ?? commandId ?? crypto.randomUUID(),
  ...(metadata.extra === undefined && own.extra === undefined
    ? {}
    : { extra: { ...metadata.extra, ...own.extra } }),
})

/** How the command of a request is handled, whatever it belongs to. */
type HandleSent<State, Event, Rejection> = (
  command: unknown,
  options: RequestOptions,
) => Promise<E.Either<RequestError<Rejection>, CommandResult<State, Event>>>

/**
 * The response to a request that carries a command. Never rejects.
 *
 * @param headersOf - beside the position and the correlation id.
 */
export const respondToCommand = async <State, Event, Rejection>(
  { request, metadata }: { readonly request: Request; readonly metadata: Metadata },
  options: CommandEndpointOptions<State, Event, Rejection>,
  handle: HandleSent<State, Event, Rejection>,
  headersOf: (result: CommandResult<State, Event>) => Readonly<Record<string, string>>,
): Promise<Response> => {
  const { command: commandOf, answer = standardAnswer, required, onFailure } = options

  const respond = async (
    given: RequestOptions & { readonly metadata: Metadata },
  ): Promise<E.Either<Omit<RequestFailure, 'request'>, Response>> => {
    const absent = missing(required, given)
    if (absent !== undefined) return E.left({ error: absent, problem: absent })
    const body =
      commandOf === undefined || hasContent(request)
        ? await readJson(request, options)
        : E.right(undefined)
    if (E.isLeft(body)) return E.left({ error: body.left, problem: body.left })
    const command =
      commandOf === undefined ? body : await resultOf(() => commandOf(body.right, request))
    if (E.isLeft(command)) return E.left({ error: command.left, problem: internalError })
    const sent = commandOf === undefined ? given : { ...given, sentAs: sentAs(request, body.right) }
    const result = await handle(command.right, sent)
    if (E.isLeft(result)) {
      const context = { options: given, command: command.right }
      return E.left({ error: result.left, problem: problem(result.left, options, context) })
    }
    const position = result.right.events.at(-1)?.position
    const made = catching(() => answer(result.right, request))
    const response = E.isLeft(made)
      ? made
      : answerResponse(made.right, {
          ...headersOf(result.right),
          ...(position === undefined
            ? {}
            : { [POSITION_HEADER]: positionHeader({ position, source: result.right.source }) }),
        })
    return E.isRight(response) ? response : E.left({ error: response.left, problem: internalError })
  }

  const given = commandOptionsFrom(request.headers)
  if (E.isLeft(given)) return problemResponse(given.left)
  const known = merged(given.right, metadata)
  const response = await respond({ ...given.right, metadata: known })
  return withCorrelation(
    E.isRight(response)
      ? response.right
      : failureResponse(onFailure, { ...response.left, request }),
    known.correlationId,
  )
}

/**
 * An endpoint for the commands of a category: the body is a command, in JSON; the answer has the `ETag` of the new
 * version, {@link POSITION_HEADER}, and `X-Correlation-Id`. The headers are those of {@link commandOptionsFrom}. The
 * same `Idempotency-Key` with the same content is answered as the first time; with another one it is
 * `idempotency-key-reused`. The application's router chooses the method, and finds the id in the URL.
 *
 * The promise is never rejected. Every failure is a problem document: of {@link readJson}, {@link commandOptionsFrom}
 * and {@link problem}, and `internal-error` for whatever code of the application throws.
 *
 * The function it returns takes the request, the id of the stream within its category, and metadata of the
 * application's own: the actor. They win over the headers.
 *
 * @example
 * const commands = commandEndpoint(openCategory(giftCards, backend), {
 *   rejected: ({ _tag }) => ({ status: _tag === 'AlreadyIssued' ? 409 : 422 }),
 * })
 * app.post('/gift-cards/:id/commands', (c) => commands(c.req.raw, c.req.param('id')))
 */
export const commandEndpoint =
  <State, Event, Rejection>(
    category: CommandHandler<State, Event, Rejection>,
    options: CommandEndpointOptions<State, Event, Rejection> = {},
  ): ((request: Request, id: string, metadata?: Metadata) => Promise<Response>) =>
  (request, id, metadata = {}) =>
    respondToCommand(
      { request, metadata },
      options,
      (command, sent) => handleWhereItIs(category, id, command, sent),
      ({ version }) => ({ etag: entityTag(version) }),
    )
