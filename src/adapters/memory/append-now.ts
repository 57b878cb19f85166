import * as E from 'fp-ts/Either'
import type { Appended, AppendRequest } from '../../core/append'
import { storeFailed, type StoreFailed } from '../../core/errors/store'
import type { AppendError } from '../../core/errors/unions'
import type { StoredEvent } from '../../core/recorded-event'
import { commit, recorded, rejectionOf } from './append'
import type { MemoryLog } from './log'
import { undeclaredIn } from './tag-index'

/** What became of an append to one stream. */
export type Answer = E.Either<AppendError, Appended>

/** Stores an append, unless it is refused. */
export const appendNow = (
  log: MemoryLog,
  request: AppendRequest,
  refused: StoreFailed | undefined,
  now: number,
): Answer => {
  const rejected = refused ?? rejectionOf(log, request) ?? undeclaredIn(log.tags, [request])
  if (rejected !== undefined) return E.left(rejected)
  return E.right(commit(log, request, recorded(log, request, now), now))
}

/** One or more appends that are stored as one, and why they are rejected as the log is now. */
export interface Work<Rejection> {
  readonly requests: ReadonlyArray<AppendRequest>
  readonly rejected: () => Rejection | undefined
}

/** The events of some appends as they would be recorded now. */
export const recordedAll = (
  log: MemoryLog,
  requests: ReadonlyArray<AppendRequest>,
  now: number,
): ReadonlyArray<ReadonlyArray<StoredEvent>> => {
  let skip = 0
  return requests.map((request) => {
    const events = recorded(log, request, now, skip)
    skip += events.length
    return events
  })
}

/** Stores the results of {@link recordedAll}. */
export const commitAll = (
  log: MemoryLog,
  requests: ReadonlyArray<AppendRequest>,
  events: ReadonlyArray<ReadonlyArray<StoredEvent>>,
  now: number,
): ReadonlyArray<Appended> =>
  requests.map((request, index) => commit(log, request, events[index] ?? [], now))

/** Stores some appends as one, unless they are refused. */
export const appendAllNow = <Rejection>(
  log: MemoryLog,
  { requests, rejected }: Work<Rejection>,
  now: number,
): E.Either<Rejection, ReadonlyArray<Appended>> => {
  const rejection = rejected()
  return rejection === undefined
    ? E.right(commitAll(log, requests, recordedAll(log, requests, now), now))
    : E.left(rejection)
}

/** The answer to an append that was made as one of several. */
export const onlyOne = ([appended]: ReadonlyArray<Appended>): Answer =>
  appended === undefined
    ? E.left(storeFailed('Unexpected', 'unknown', undefined))
    : E.right(appended)
