import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import type { DocumentError } from '../core/errors/projection'
import type { WaitError } from '../core/errors/subscription'
import { setting, timeSetting } from '../core/setting'
import { MAXIMUM_POSITION, type Position, type SourcePosition } from '../core/stream'
import { malformedHeader, type Problem } from './problem'
import { problem, type ProblemOptions } from './request-problem'

/**
 * The header with the position of what was written: an answer to a command has it, and a read that is sent with it
 * waits until it shows that. On a backend with several sources it names the one that the position is of:
 * `12;source="shard-1"`. A browser sees it across origins only if `Access-Control-Expose-Headers` names it.
 */
export const POSITION_HEADER = 'reprise-position'

/** How long a read waits for what its caller has written. Every key is optional. */
export interface ReadYourWritesOptions extends Pick<
  ProblemOptions<never>,
  'explain' | 'types' | 'retryAfter'
> {
  /** Milliseconds. 0 or more. Default 2,000; 0: looks once. */
  readonly timeout?: number
  /**
   * How many reads may wait at a time, so that invalid positions cannot keep the store busy. 0 or more. Default 100;
   * the others look once.
   */
  readonly waiting?: number
}

/** The longest name of a source, each character encoded. */
const HEADER = /^(0|[1-9]\d{0,15})(?:;source="([^"]{1,2300})")?$/

/** The value of {@link POSITION_HEADER}. */
export const positionHeader = ({ position, source }: SourcePosition): string =>
  source === undefined ? `${position}` : `${position};source="${encodeURIComponent(source)}"`

const parsePosition = (header: string): SourcePosition | undefined => {
  const [, digits, encoded] = HEADER.exec(header) ?? []
  const position = digits === undefined ? Infinity : Number(digits)
  if (position > MAXIMUM_POSITION) return undefined
  if (encoded === undefined) return { position, source: undefined }
  const source = E.tryCatch(
    () => decodeURIComponent(encoded),
    () => undefined,
  )
  return E.isLeft(source) ? undefined : { position, source: source.right }
}

/** Waits for a position: `reader.until`, or `untilReached` with the name of a subscription. */
export type WaitUntil = (
  position: Position,
  timeout: number,
) => TaskEither<WaitError | DocumentError, Position>

/** How to wait on each of several sources. */
export interface UntilOfSource {
  /** `undefined`: there is no source of that name. */
  readonly of: (source: string) => WaitUntil | undefined
}

/**
 * Lets reads see what their callers have written: {@link POSITION_HEADER} says up to where. Without the header nothing
 * is waited for.
 *
 * @param until - waits for a position: `reader.until`, or `untilReached` with the name of a subscription. On a backend with
 *   several sources: how to wait on each of them.
 *
 * The answer is a problem:
 * - `malformed-header` (400): not a position, or of no source that there is.
 * - `not-reached-yet` (503, `Retry-After`): the time is over. To show the old data anyway, go on at this code.
 * - `read-model-unavailable` (503): it will not be reached unless an operator acts.
 * - `store-unavailable` (503, `Retry-After`).
 *
 * @example
 * const upToDate = readYourWrites(projectionReader(balances)(backend).until)
 * const waited = await upToDate(request.headers)
 * if (E.isLeft(waited)) return problemResponse(waited.left)
 */
export const readYourWrites = (
  until: WaitUntil | UntilOfSource,
  { timeout, waiting, ...options }: ReadYourWritesOptions = {},
): ((headers: Headers) => Promise<E.Either<Problem, void>>) => {
  const longest = timeSetting(timeout, 2_000, 0)
  const most = setting(waiting, 100, 0)
  const waitFor = (source: string | undefined): WaitUntil | undefined => {
    if (typeof until === 'function') return source === undefined ? until : undefined
    return source === undefined ? undefined : until.of(source)
  }
  let count = 0
  return async (headers) => {
    const header = headers.get(POSITION_HEADER)
    if (header === null) return E.right(undefined)
    const wanted = parsePosition(header)
    const wait = wanted === undefined ? undefined : waitFor(wanted.source)
    if (wanted === undefined || wait === undefined) {
      return E.left(malformedHeader('Reprise-Position', 'a position'))
    }
    count += 1
    const reached = await wait(wanted.position, count > most ? 0 : longest)()
    count -= 1
    return E.isLeft(reached) ? E.left(problem(reached.left, options)) : E.right(undefined)
  }
}
