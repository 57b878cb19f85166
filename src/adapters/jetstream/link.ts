import type { Msg, MsgHdrs, NatsConnection } from '@nats-io/nats-core'
import * as E from 'fp-ts/Either'
import type { StoreFailed } from '../../core/errors/store'
import { isRecord } from '../../core/json'
import { performance, sleep } from '../../platform/node'
import { type ApiError, readFailed, refusalOf, type Trouble, troubleOf } from './failures'
import type { Subjects } from './subjects'

/** What a request needs. */
export interface Caller {
  readonly connection: NatsConnection
  /** How long a call takes at most, with everything that it repeats. Milliseconds. */
  readonly timeout: number
}

/** The connection of a store, and what all of its parts know. */
export interface Link extends Caller {
  readonly subjects: Subjects
  /** The clock of events. Milliseconds since 1970-01-01 UTC. */
  readonly now: () => number
}

/** When a call has to end, by `performance.now()`. */
export type Deadline = number

export const deadlineOf = ({ timeout }: Pick<Caller, 'timeout'>): Deadline =>
  performance.now() + timeout

export const isPast = (deadline: Deadline): boolean => performance.now() >= deadline

/** How long one attempt waits for its answer: a leader that has just been killed will never give it. */
const FIRST_ATTEMPT = 1_000
const LONGEST_ATTEMPT = 4_000

const waitOf = (attempt: number, deadline: Deadline): number =>
  Math.max(
    1,
    Math.min(
      FIRST_ATTEMPT * 2 ** attempt,
      LONGEST_ATTEMPT,
      Math.ceil(deadline - performance.now()),
    ),
  )

/** How long to wait before the next attempt: short at first. */
export const pauseOf = (attempt: number): number => Math.min(2 ** attempt, 250)

/** Waits before the next attempt; not at all before the second one. */
export const pauseBefore = async (attempt: number): Promise<void> => {
  if (attempt > 1) await sleep(pauseOf(attempt))
}

/** One request, and its answer. */
export interface Request {
  readonly subject: string
  readonly body: string
  readonly headers?: MsgHdrs
}

/** Sends a request once. */
export const ask = async (
  { connection }: Caller,
  { subject, body, headers }: Request,
  attempt: number,
  deadline: Deadline,
): Promise<E.Either<Trouble, Msg>> => {
  try {
    const timeout = waitOf(attempt, deadline)
    const options = headers === undefined ? { timeout } : { timeout, headers }
    return E.right(await connection.request(subject, body, options))
  } catch (cause) {
    return E.left(troubleOf(cause))
  }
}

const isApiError = (value: unknown): value is ApiError =>
  isRecord(value) &&
  typeof value['code'] === 'number' &&
  typeof value['err_code'] === 'number' &&
  typeof value['description'] === 'string'

/** What the JetStream of a server has answered: a record, or an error of its own. */
export const answerOf = (message: Msg): Readonly<Record<string, unknown>> | undefined => {
  try {
    const value: unknown = message.json()
    return isRecord(value) ? value : undefined
  } catch {
    return undefined
  }
}

export const errorIn = (answer: Readonly<Record<string, unknown>>): ApiError | undefined => {
  const { error } = answer
  if (error === undefined) return undefined
  return isApiError(error)
    ? error
    : { code: 500, err_code: 0, description: `an error of another form: ${JSON.stringify(error)}` }
}

/** A request to the API of JetStream, repeated while what is in the way passes by itself. It may be done more than once. */
export const askApi = async (
  link: Caller,
  { path, body }: { readonly path: string; readonly body: object },
  deadline: Deadline,
): Promise<E.Either<StoreFailed | ApiError, Readonly<Record<string, unknown>>>> => {
  const request = { subject: `$JS.API.${path}`, body: JSON.stringify(body) }
  for (let attempt = 0; ; attempt++) {
    await pauseBefore(attempt)
    const asked = await ask(link, request, attempt, deadline)
    const answer = E.isRight(asked) ? answerOf(asked.right) : undefined
    const error = answer && errorIn(answer)
    if (answer !== undefined && error === undefined) return E.right(answer)
    if (error !== undefined && !refusalOf(error).passing) return E.left(error)
    const trouble =
      error !== undefined
        ? refusalOf(error)
        : E.isLeft(asked)
          ? asked.left
          : troubleOf(new Error('the answer is no JSON'))
    if (!trouble.passing || isPast(deadline)) return E.left(readFailed(trouble))
  }
}

/** What {@link askApi} has answered, as a failure of a read. */
export const failureOf = (error: StoreFailed | ApiError): StoreFailed =>
  '_tag' in error ? error : readFailed(refusalOf(error))
