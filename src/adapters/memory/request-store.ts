import * as TE from 'fp-ts/TaskEither'
import type { FailureNote } from '../../core/errors/subscription'
import type { Request, RequestStore, WaitingRequest } from '../../core/ports/request-store'
import type { MemoryDocuments, MemoryTransaction } from './documents'

interface MemoryRequest extends Request {
  readonly sequence: number
  readonly timer: string | undefined
  readonly dueAt: number
  readonly attempts: number
  readonly parked: boolean
  readonly failure: FailureNote | undefined
}

/** The requests of a process manager are found by the ids that its collection holds. */
const collectionOf = (process: string): string => `requests/${process}`

/** How many rejections each process manager has left unanswered. */
const REJECTED = 'requests:rejected'

/**
 * What process managers have asked for, in the memory of one process. What is written in a transaction of
 * `documents` is there when it is committed.
 */
export const memoryRequests = (
  documents: MemoryDocuments,
  now: () => number = Date.now,
): RequestStore<MemoryTransaction> => {
  let sequence = 0
  // Every writing of a request has a number of its own; the collection says which one counts.
  const written = new Map<number, MemoryRequest>()
  const keep = (transaction: MemoryTransaction, request: MemoryRequest): void => {
    const number = ++sequence
    written.set(number, request)
    transaction.put(collectionOf(request.process), request.id, number)
  }
  const listed = (
    source: Pick<MemoryTransaction, 'all'>,
    process: string,
  ): ReadonlyArray<MemoryRequest> =>
    source
      .all(collectionOf(process))
      .flatMap(({ value }) => written.get(Number(value)) ?? [])
      .sort((left, right) => left.sequence - right.sequence)
  const forget = (transaction: MemoryTransaction, process: string, id: string): void =>
    transaction.delete(collectionOf(process), id)
  const forgetTimers = (
    transaction: MemoryTransaction,
    process: string,
    key: string,
    chosen: (timer: string) => boolean,
  ): void => {
    for (const { id, timer, key: of } of listed(transaction, process)) {
      if (of === key && timer !== undefined && chosen(timer)) forget(transaction, process, id)
    }
  }

  const alone = <Result>(work: (transaction: MemoryTransaction) => Result): Result => {
    const open = documents.begin()
    const result = work(open.transaction)
    open.commit()
    return result
  }
  const toWaiting = ({ sequence: _s, dueAt: _d, ...request }: MemoryRequest): WaitingRequest =>
    request

  return {
    inTransaction: (transaction) => ({
      add: (request, due) =>
        TE.fromIO(() => {
          const timer = due._tag === 'Now' ? undefined : due.timer
          const all = listed(transaction, request.process)
          if (all.some(({ id }) => id === request.id)) return
          const before = all.find(
            (one) => one.key === request.key && one.timer !== undefined && one.timer === timer,
          )
          if (before !== undefined) forget(transaction, request.process, before.id)
          const dueAt =
            due._tag === 'At' ? due.time : now() + (due._tag === 'After' ? due.delay : 0)
          const fresh = { attempts: 0, parked: false, failure: undefined }
          keep(transaction, { ...request, ...fresh, sequence: ++sequence, timer, dueAt })
        }),
      cancel: (process, key, timer) =>
        TE.fromIO(() => forgetTimers(transaction, process, key, (name) => name === timer)),
      cancelAll: (process, key) =>
        TE.fromIO(() => forgetTimers(transaction, process, key, () => true)),
      done: (process, ids) =>
        TE.fromIO(() => {
          for (const id of ids) forget(transaction, process, id)
        }),
      failed: ({ process, id, attempts, failure, retryAfter }) =>
        TE.fromIO(() => {
          const request = listed(transaction, process).find((one) => one.id === id)
          if (request === undefined) return
          const dueAt = retryAfter === undefined ? request.dueAt : now() + retryAfter
          const parked = retryAfter === undefined
          keep(transaction, { ...request, attempts, failure, parked, dueAt })
        }),
      rejected: (process, number) =>
        TE.fromIO(() => {
          const before = Number(transaction.get(REJECTED, process) ?? 0)
          transaction.put(REJECTED, process, before + number)
        }),
    }),
    due: (process, limit) =>
      TE.fromIO(() => {
        const all = listed(documents, process)
        const isDue = ({ parked, dueAt }: MemoryRequest) => !parked && dueAt <= now()
        const heldBack = (request: MemoryRequest) =>
          request.timer === undefined &&
          all.some(
            (earlier) =>
              earlier.key === request.key &&
              earlier.timer === undefined &&
              earlier.sequence < request.sequence &&
              !isDue(earlier),
          )
        return all
          .filter((request) => isDue(request) && !heldBack(request))
          .slice(0, limit)
          .map(({ process: of, key, id, command, metadata, attempts }) => ({
            process: of,
            key,
            id,
            command,
            metadata,
            attempts,
          }))
      }),
    retryUndecodable: (process) =>
      TE.fromIO(() =>
        alone((transaction) => {
          for (const request of listed(transaction, process)) {
            if (!request.parked || request.failure?.undecodable !== true) continue
            keep(transaction, { ...request, parked: false, dueAt: now() })
          }
        }),
      ),
    counts: (process) =>
      TE.fromIO(() => {
        const all = listed(documents, process)
        return {
          waiting: all.length,
          parked: all.filter(({ parked }) => parked).length,
          rejected: Number(documents.get(REJECTED, process) ?? 0),
        }
      }),
    waiting: (process) => TE.fromIO(() => listed(documents, process).map(toWaiting)),
    decide: (process, id, decision) =>
      TE.fromIO(() =>
        alone((transaction) => {
          const request = listed(transaction, process).find((one) => one.id === id && one.parked)
          if (request === undefined) return false
          if (decision === 'skip') forget(transaction, process, id)
          else keep(transaction, { ...request, parked: false, dueAt: now() })
          return true
        }),
      ),
  }
}
