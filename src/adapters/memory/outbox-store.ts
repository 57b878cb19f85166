import * as TE from 'fp-ts/TaskEither'
import type { FailureNote } from '../../core/errors/subscription'
import type { OutboxCommand, Outbox } from '../../core/ports/outbox'
import type { MemoryDocuments, MemoryTransaction } from './documents'
import { type MemoryReadSideState, readSideOf } from './read-side-state'

export interface MemoryRequest extends OutboxCommand {
  readonly sequence: number
  readonly timer: string | undefined
  readonly dueAt: number
  readonly attempts: number
  readonly parked: boolean
  readonly failure: FailureNote | undefined
}

/** The requests of a process manager are found by the ids that its collection holds. */
export const outboxOf = (process: string): string => `requests/${process}`

/** The requests of a process manager, in the order in which they were asked for. */
export const listed = (
  { commands }: MemoryReadSideState,
  source: Pick<MemoryTransaction, 'all'>,
  process: string,
): ReadonlyArray<MemoryRequest> =>
  source
    .all(outboxOf(process))
    .flatMap(({ value }) => commands.get(Number(value)) ?? [])
    .sort((left, right) => left.sequence - right.sequence)

const REJECTED = 'requests:rejected'

/** How many rejections a process manager has left unanswered. */
export const rejectedBy = (source: Pick<MemoryTransaction, 'get'>, process: string): number =>
  Number(source.get(REJECTED, process) ?? 0)

/** Writes a request down, in the place of the one with its id. */
export const keep = (
  state: MemoryReadSideState,
  transaction: MemoryTransaction,
  request: MemoryRequest,
): void => {
  const number = ++state.sequence
  state.commands.set(number, request)
  transaction.put(outboxOf(request.process), request.id, number)
}

export const forget = (transaction: MemoryTransaction, process: string, id: string): void =>
  transaction.delete(outboxOf(process), id)

/**
 * What process managers have asked for, in the memory of one process. What is written in a transaction of
 * `documents` is there when it is committed.
 */
export const memoryRequests = (
  documents: MemoryDocuments,
  now: () => number,
): Outbox<MemoryTransaction> => {
  const state = readSideOf(documents)
  const forgetTimers = (
    transaction: MemoryTransaction,
    process: string,
    key: string,
    chosen: (timer: string) => boolean,
  ): void => {
    for (const { id, timer, key: of } of listed(state, transaction, process)) {
      if (of === key && timer !== undefined && chosen(timer)) forget(transaction, process, id)
    }
  }

  return {
    inTransaction: (transaction) => ({
      add: (request, due) =>
        TE.fromIO(() => {
          const timer = due._tag === 'Now' ? undefined : due.timer
          const all = listed(state, transaction, request.process)
          if (all.some(({ id }) => id === request.id)) return
          const before = all.find(
            (one) => one.key === request.key && one.timer !== undefined && one.timer === timer,
          )
          if (before !== undefined) forget(transaction, request.process, before.id)
          const dueAt =
            due._tag === 'At' ? due.time : now() + (due._tag === 'After' ? due.delay : 0)
          const fresh = { attempts: 0, parked: false, failure: undefined }
          keep(state, transaction, {
            ...request,
            ...fresh,
            sequence: ++state.sequence,
            timer,
            dueAt,
          })
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
          const request = listed(state, transaction, process).find((one) => one.id === id)
          if (request === undefined) return
          const dueAt = retryAfter === undefined ? request.dueAt : now() + retryAfter
          const parked = retryAfter === undefined
          keep(state, transaction, { ...request, attempts, failure, parked, dueAt })
        }),
      rejected: (process, number) =>
        TE.fromIO(() =>
          transaction.put(REJECTED, process, rejectedBy(transaction, process) + number),
        ),
    }),
    retryUndecodable: (process) =>
      TE.fromIO(() => {
        const { transaction, commit } = documents.begin()
        for (const request of listed(state, transaction, process)) {
          if (!request.parked || request.failure?.undecodable !== true) continue
          keep(state, transaction, { ...request, parked: false, dueAt: now() })
        }
        commit()
      }),
    takeDue: (process, limit) =>
      TE.fromIO(() => {
        const all = listed(state, documents, process)
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
  }
}
