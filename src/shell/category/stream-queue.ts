import * as E from 'fp-ts/Either'
import { overloaded, storeFailed } from '../../core/errors/store'
import type { StreamId } from '../../core/stream'
import { catching } from '../catching'
import type { Effort } from '../notices/notices'
import { setImmediate } from '../../platform/node'
import {
  isOtherCommand,
  type SentOptions,
  type Answer,
  type HandleBatch,
  type PendingCommand,
} from './command'

/** Puts a command into the queue of its stream, and answers it in its turn. */
export type Enqueue<Command, Rejection, Result> = (
  streamId: StreamId,
  command: Command,
  options: SentOptions,
  effort?: Effort,
) => Promise<Answer<Rejection, Result>>

const NONE: ReadonlyArray<never> = []

/** How many commands share an append at most. */
const LARGEST_BATCH = 256

/** How many of those that wait are handled next: as many as may share an append, or one on its own. */
const batchSize = (queue: ReadonlyArray<Pick<PendingCommand<never, never, never>, 'mode'>>) => {
  const most = Math.min(queue.length, LARGEST_BATCH)
  for (let size = 0; size < most; size++) {
    if (queue[size]?.mode !== 'shared') return Math.max(size, 1)
  }
  return most
}

/**
 * The queues of a category, one for each stream that has commands in this process. Its commands are
 * handled in their order; those that arrive while an append is under way share the next one. A queue
 * exists only while it has commands.
 *
 * @param depth - how many commands may wait in one queue.
 * @param copyOf - the answer for another caller, who shares nothing with the first one.
 */
export const streamQueues = <Command, Rejection, Result>(
  handleBatch: HandleBatch<Command, Rejection, Result>,
  depth: number,
  copyOf: (result: Result) => Result,
): Enqueue<Command, Rejection, Result> => {
  type Pending = PendingCommand<Command, Rejection, Result>
  /** A command with an id, and those that are sent with the same id meanwhile. */
  interface Sent {
    readonly fingerprint: string | undefined
    readonly twins: ((answer: Answer<Rejection, Result>) => void)[]
  }
  interface Queue {
    waiting: ReadonlyArray<Pending>
    arrived: Pending[]
    /** By their command ids. */
    sent: Map<string, Sent> | undefined
  }
  const queues = new Map<StreamId, Queue>()

  // No async function: every command comes through here, and that would take up more memory than the rest.
  const run = (streamId: StreamId, queue: Queue): void => {
    if (queue.waiting.length + queue.arrived.length === 0) {
      queues.delete(streamId)
      return
    }
    const all = queue.waiting.length === 0 ? queue.arrived : [...queue.waiting, ...queue.arrived]
    queue.waiting = all
    queue.arrived = []
    const size = batchSize(all)
    const batch = size === all.length ? all : all.slice(0, size)
    started(streamId, batch).then(
      (again) => goOn(streamId, queue, batch.length, again),
      (cause: unknown) => {
        // What throws instead of answering must not block the queue for ever.
        for (const { answer } of batch) answer(E.left(storeFailed('Unexpected', 'unknown', cause)))
        goOn(streamId, queue, batch.length, NONE)
      },
    )
  }

  /** Always a promise: a queue that is handled at once must not grow the stack. */
  const started = (
    streamId: StreamId,
    batch: ReadonlyArray<Pending>,
  ): Promise<ReadonlyArray<Pending>> => {
    try {
      return Promise.resolve(handleBatch(streamId, batch))
    } catch (cause) {
      const reason = cause as Error
      return Promise.reject(reason)
    }
  }

  const goOn = (
    streamId: StreamId,
    queue: Queue,
    size: number,
    again: ReadonlyArray<Pending>,
  ): void => {
    const later = size === queue.waiting.length ? NONE : queue.waiting.slice(size)
    queue.waiting = again.length === 0 ? later : [...again, ...later]
    // Callers that have just been answered may send their next command at once: it joins the others.
    if (size > 1) setImmediate(run, streamId, queue)
    else run(streamId, queue)
  }

  /** The result itself if it cannot be copied: it throws when it is read. */
  const copied = (result: Result): Result =>
    E.getOrElse(() => result)(catching(() => copyOf(result)))

  /** From now on those with the same id wait for the answer. They get theirs before anyone can change it. */
  const answerWithTwins = (
    byId: Map<string, Sent>,
    commandId: string,
    fingerprint: string | undefined,
    resolve: Pending['answer'],
  ): Pending['answer'] => {
    const sent: Sent = { fingerprint, twins: [] }
    byId.set(commandId, sent)
    return (answer) => {
      byId.delete(commandId)
      for (const twin of sent.twins) twin(answer)
      resolve(answer)
    }
  }

  const enqueue: Enqueue<Command, Rejection, Result> = (streamId, command, options, effort) => {
    const { commandId, fingerprint } = options
    const open = queues.get(streamId)
    const sent = commandId === undefined ? undefined : open?.sent?.get(commandId)
    const isReused = sent !== undefined && isOtherCommand(fingerprint, sent.fingerprint)
    if (sent !== undefined && !isReused) {
      return new Promise((answer) => {
        // Only an acceptance is shared: a rejection may have been decided before events that were stored
        // before its twin was sent. One of the twins is then handled, for all that are there by now.
        sent.twins.push((shared) => {
          if (E.isRight(shared)) answer(E.right(copied(shared.right)))
          else void enqueue(streamId, command, options, effort).then(answer)
        })
      })
    }
    const before = open === undefined ? 0 : open.waiting.length + open.arrived.length
    if (effort !== undefined) effort.waiting = before
    if (before >= depth) return Promise.resolve(E.left(overloaded(streamId, before)))
    const queue: Queue = open ?? { waiting: NONE, arrived: [], sent: undefined }
    const answered = new Promise<Answer<Rejection, Result>>((resolve) => {
      // Behind the command that has its id, which decides whether it is handled: look it up in the store.
      const mode = isReused ? 'reload' : options.expectedVersion === undefined ? 'shared' : 'alone'
      const answer =
        commandId === undefined || isReused
          ? resolve
          : answerWithTwins(
              (queue.sent ??= new Map<string, Sent>()),
              commandId,
              fingerprint,
              resolve,
            )
      const pending: Pending = { command, options, answer, conflicts: 0, mode, effort }
      if (queue.arrived.length === 0) queue.arrived = [pending]
      else queue.arrived.push(pending)
    })
    if (open === undefined) {
      queues.set(streamId, queue)
      run(streamId, queue)
    }
    return answered
  }
  return enqueue
}
