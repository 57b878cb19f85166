import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { storableCopies } from '../../core/document-key'
import type { FailureNote } from '../../core/errors/subscription'
import type { Json, JsonObject } from '../../core/json'
import type { Metadata } from '../../core/metadata'
import type { OutboxCommand, Outbox } from '../../core/ports/outbox'
import type { MemoryDocuments, MemoryTransaction } from './documents'
import { type MemoryReadSideState, readSideOf } from './read-side-state'

export interface MemoryOutboxCommand extends OutboxCommand {
  readonly sequence: number
  readonly timer: string | undefined
  readonly dueAt: number
  readonly attempts: number
  readonly parked: boolean
  readonly failure: FailureNote | undefined
}

/** The collection with the command ids of a process manager's outbox. */
export const outboxOf = (process: string): string => `outbox/${process}`

/** The outbox commands of a process manager, in the order in which they were issued. */
export const listOutbox = (
  { commands }: MemoryReadSideState,
  source: Pick<MemoryTransaction, 'all'>,
  process: string,
): ReadonlyArray<MemoryOutboxCommand> =>
  source
    .all(outboxOf(process))
    .flatMap(({ value }) => commands.get(Number(value)) ?? [])
    .sort((left, right) => left.sequence - right.sequence)

const REJECTED = 'outbox:rejected'

/** How many rejections a process manager has not compensated. */
export const rejectedBy = (source: Pick<MemoryTransaction, 'get'>, process: string): number =>
  Number(source.get(REJECTED, process) ?? 0)

/** Stores an outbox command; it replaces the one with the same id. */
export const storeCommand = (
  state: MemoryReadSideState,
  transaction: MemoryTransaction,
  entry: MemoryOutboxCommand,
): void => {
  const number = ++state.sequence
  state.commands.set(number, entry)
  transaction.put(outboxOf(entry.process), entry.id, number)
}

export const deleteCommand = (transaction: MemoryTransaction, process: string, id: string): void =>
  transaction.delete(outboxOf(process), id)

/**
 * The outbox in the memory of one process. What is written in a transaction of `documents` becomes visible
 * when that is committed.
 */
export const memoryOutbox = (
  documents: MemoryDocuments,
  now: () => number,
): Outbox<MemoryTransaction> => {
  const state = readSideOf(documents)
  const deleteTimers = (
    transaction: MemoryTransaction,
    process: string,
    key: string,
    chosen: (timer: string) => boolean,
  ): void => {
    for (const { id, timer, key: of } of listOutbox(state, transaction, process)) {
      if (of === key && timer !== undefined && chosen(timer))
        deleteCommand(transaction, process, id)
    }
  }

  return {
    inTransaction: (transaction) => ({
      add: (entry, due) => {
        const copies = storableCopies<Json>([entry.command, entry.metadata as JsonObject])
        if (E.isLeft(copies)) return TE.left(copies.left)
        const [command = null, metadata] = copies.right
        return TE.fromIO(() => {
          const timer = due._tag === 'Now' ? undefined : due.timer
          const all = listOutbox(state, transaction, entry.process)
          if (all.some(({ id }) => id === entry.id)) return
          const before = all.find(
            (one) => one.key === entry.key && one.timer !== undefined && one.timer === timer,
          )
          if (before !== undefined) deleteCommand(transaction, entry.process, before.id)
          const dueAt =
            due._tag === 'At' ? due.time : now() + (due._tag === 'After' ? due.delay : 0)
          const fresh = { attempts: 0, parked: false, failure: undefined }
          storeCommand(state, transaction, {
            ...entry,
            command,
            metadata: metadata as Metadata,
            ...fresh,
            sequence: ++state.sequence,
            timer,
            dueAt,
          })
        })
      },
      cancel: (process, key, timer) =>
        TE.fromIO(() => deleteTimers(transaction, process, key, (name) => name === timer)),
      cancelAll: (process, key) =>
        TE.fromIO(() => deleteTimers(transaction, process, key, () => true)),
      done: (process, ids) =>
        TE.fromIO(() => {
          for (const id of ids) deleteCommand(transaction, process, id)
        }),
      failed: ({ process, id, attempts, failure, retryAfter }) =>
        TE.fromIO(() => {
          const entry = listOutbox(state, transaction, process).find((one) => one.id === id)
          if (entry === undefined) return
          const dueAt = retryAfter === undefined ? entry.dueAt : now() + retryAfter
          const parked = retryAfter === undefined
          storeCommand(state, transaction, { ...entry, attempts, failure, parked, dueAt })
        }),
      rejected: (process, number) =>
        TE.fromIO(() =>
          transaction.put(REJECTED, process, rejectedBy(transaction, process) + number),
        ),
    }),
    retryUndecodable: (process) =>
      TE.fromIO(() => {
        const { transaction, commit } = documents.begin()
        for (const entry of listOutbox(state, transaction, process)) {
          if (!entry.parked || entry.failure?.undecodable !== true) continue
          storeCommand(state, transaction, { ...entry, parked: false, dueAt: now() })
        }
        commit()
      }),
    takeDue: (process, limit) =>
      TE.fromIO(() => {
        const all = listOutbox(state, documents, process)
        const isDue = ({ parked, dueAt }: MemoryOutboxCommand) => !parked && dueAt <= now()
        const heldBack = (entry: MemoryOutboxCommand) =>
          entry.timer === undefined &&
          all.some(
            (earlier) =>
              earlier.key === entry.key &&
              earlier.timer === undefined &&
              earlier.sequence < entry.sequence &&
              !isDue(earlier),
          )
        return all
          .filter((entry) => isDue(entry) && !heldBack(entry))
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
