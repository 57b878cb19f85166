import type { TaskEither } from 'fp-ts/TaskEither'
import type { StoreFailed } from '../errors/store'
import type { FailureNote } from '../errors/subscription'
import type { Json } from '../json'
import type { Metadata } from '../metadata'

/** A command that a process has asked for, as it lies in the store. */
export interface OutboxCommand {
  /** Which process manager, and which one of its processes. */
  readonly process: string
  readonly key: string
  /** The id of the command: the same whenever and by whomever it is sent. */
  readonly id: string
  readonly command: Json
  readonly metadata: Metadata
}

/** When a request is due. By the store's clock. */
export type DueTime =
  | { readonly _tag: 'Now' }
  /** Milliseconds from now. */
  | { readonly _tag: 'After'; readonly timer: string; readonly delay: number }
  /** Milliseconds since 1970-01-01 UTC. */
  | { readonly _tag: 'At'; readonly timer: string; readonly time: number }

/** A request that is due, and how often it was tried in vain. */
export interface DueOutboxCommand extends OutboxCommand {
  readonly attempts: number
}

/** A request that could not be sent. */
export interface FailedOutboxCommand {
  readonly process: string
  readonly id: string
  readonly attempts: number
  readonly failure: FailureNote
  /** In milliseconds. Left out: it is parked until an operator decides. */
  readonly retryAfter?: number
}

/** What is written together with the checkpoint of a process manager. */
export interface OutboxWrites {
  /**
   * Writes it down, unless a request with its id is there. A timer takes the place of the one of its process
   * that has the same name.
   */
  readonly add: (request: OutboxCommand, due: DueTime) => TaskEither<StoreFailed, void>
  /** Takes a timer back, if it has not gone off. */
  readonly cancel: (process: string, key: string, timer: string) => TaskEither<StoreFailed, void>
  /** Takes all timers of one process back. */
  readonly cancelAll: (process: string, key: string) => TaskEither<StoreFailed, void>
  /** Requests that were answered. */
  readonly done: (process: string, ids: ReadonlyArray<string>) => TaskEither<StoreFailed, void>
  readonly failed: (request: FailedOutboxCommand) => TaskEither<StoreFailed, void>
  /** Counts rejections for which the process manager asks for nothing instead. */
  readonly rejected: (process: string, number: number) => TaskEither<StoreFailed, void>
}

/**
 * Where process managers keep what they have asked for until it was answered, timers among it.
 * Every adapter passes `outboxContract` of `reprise/testing`.
 */
export interface Outbox<Transaction> {
  readonly inTransaction: (transaction: Transaction) => OutboxWrites

  /**
   * Requests that are due, in the order in which they were asked for. One that failed holds back the later
   * ones of its process, timers aside.
   */
  readonly takeDue: (
    process: string,
    limit: number,
  ) => TaskEither<StoreFailed, ReadonlyArray<DueOutboxCommand>>

  /** Requests that are parked because their command could not be decoded become due: they are tried again. */
  readonly retryUndecodable: (process: string) => TaskEither<StoreFailed, void>
}
