import type { TaskEither } from 'fp-ts/TaskEither'
import type { StoreFailed } from '../errors/store'
import type { FailureNote } from '../errors/subscription'
import type { Json } from '../json'
import type { Metadata } from '../metadata'

/** A command that a process has issued, as it is stored until it is answered. */
export interface OutboxCommand {
  /** The name of the process manager, without `process:`. */
  readonly process: string
  /** Which of its processes. */
  readonly key: string
  /** The command id. It never changes, however often and by whichever instance the command is sent. */
  readonly id: string
  readonly command: Json
  readonly metadata: Metadata
}

/** When an outbox command is due, by the store's clock. */
export type DueTime =
  | { readonly _tag: 'Now' }
  /** Milliseconds from now. */
  | { readonly _tag: 'After'; readonly timer: string; readonly delay: number }
  /** Milliseconds since 1970-01-01 UTC. */
  | { readonly _tag: 'At'; readonly timer: string; readonly time: number }

/** An outbox command that is due. */
export interface DueOutboxCommand extends OutboxCommand {
  /** How many attempts have failed, failures of the infrastructure not counted. 0 or more. */
  readonly attempts: number
}

/** An outbox command that could not be sent. */
export interface FailedOutboxCommand {
  readonly process: string
  readonly id: string
  /** How many attempts have failed, this one included if it counts. 0 or more. */
  readonly attempts: number
  readonly failure: FailureNote
  /** Milliseconds until the next attempt. Omitted: the command is parked until an operator decides. */
  readonly retryAfter?: number
}

/**
 * What is written together with the checkpoint of a process manager. Every method fails with `StoreFailed`
 * when the store rejects the write or does not answer; the transaction is then rolled back.
 */
export interface OutboxWrites {
  /**
   * Stores the command, unless one with its id is stored already. A timer replaces the timer of the same name
   * of its process.
   */
  readonly add: (command: OutboxCommand, due: DueTime) => TaskEither<StoreFailed, void>
  /** Cancels a timer, if it has not fired. */
  readonly cancel: (process: string, key: string, timer: string) => TaskEither<StoreFailed, void>
  /** Cancels all timers of one process. */
  readonly cancelAll: (process: string, key: string) => TaskEither<StoreFailed, void>
  /** Deletes the commands with these ids: they were answered. */
  readonly done: (process: string, ids: ReadonlyArray<string>) => TaskEither<StoreFailed, void>
  /** Stores the failure, and when to try again. Does nothing if the command is no longer there. */
  readonly failed: (command: FailedOutboxCommand) => TaskEither<StoreFailed, void>
  /** Adds `number` (1 or more) to the count of rejections that have no compensation. */
  readonly rejected: (process: string, number: number) => TaskEither<StoreFailed, void>
}

/**
 * The outbox: the commands that process managers have issued, timers included, stored until they are
 * answered. Every adapter passes `outboxContract` of `reprise/testing`.
 */
export interface Outbox<Transaction> {
  readonly inTransaction: (transaction: Transaction) => OutboxWrites

  /**
   * Commands that are due, in the order in which they were issued. A command that failed holds back the later
   * commands of its process, but not its timers.
   *
   * @param limit - commands at most. 1 or more.
   *
   * Fails with `StoreFailed`: the store rejected the query or did not answer.
   */
  readonly takeDue: (
    process: string,
    limit: number,
  ) => TaskEither<StoreFailed, ReadonlyArray<DueOutboxCommand>>

  /**
   * Makes commands due that are parked because they could not be decoded: a new release may decode them.
   *
   * Fails with `StoreFailed`: the store rejected the write or did not answer.
   */
  readonly retryUndecodable: (process: string) => TaskEither<StoreFailed, void>
}
