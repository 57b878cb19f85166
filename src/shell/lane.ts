import * as E from 'fp-ts/Either'
import { overloaded, storeFailed } from '../core/errors/store'
import type { StreamId } from '../core/stream'
import type { CommandOptions } from './command-options'
import type { Answer, Round, Waiting } from './waiting'

/**
 * The commands of one stream in this process. They are decided one after another on the state in
 * memory; those that arrive while an append is under way share the next one.
 */
export interface Lane<Command, State, Event, Rejection> {
  readonly enter: (
    command: Command,
    options: CommandOptions,
  ) => Promise<Answer<State, Event, Rejection>>
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

/** How many commands share an append at most. */
const LARGEST_BATCH = 256

/** How many of those that wait come next: as many as may share an append, or one on its own. */
const batchSize = (
  queue: ReadonlyArray<{ readonly alone: boolean; readonly afresh: boolean }>,
): number => {
  const most = Math.min(queue.length, LARGEST_BATCH)
  for (let size = 0; size < most; size++) {
    if (queue[size]?.alone === true || queue[size]?.afresh === true) return Math.max(size, 1)
  }
  return most
}

/** @param idle - called when nobody waits any more. */
export const openLane = <Command, State, Event, Rejection>(
  streamId: StreamId,
  round: Round<Command, State, Event, Rejection>,
  depth: number,
  idle: () => void,
): Lane<Command, State, Event, Rejection> => {
  let queue: ReadonlyArray<Waiting<Command, State, Event, Rejection>> = []
  let arrived: Waiting<Command, State, Event, Rejection>[] = []
  let running = false
  let sent: Map<string, Promise<Answer<State, Event, Rejection>>> | undefined

  const run = async (): Promise<void> => {
    running = true
    while (queue.length + arrived.length > 0) {
      queue = queue.length === 0 ? arrived : [...queue, ...arrived]
      arrived = []
      const size = batchSize(queue)
      const batch = size === queue.length ? queue : queue.slice(0, size)
      const later = size === queue.length ? [] : queue.slice(size)
      let again: typeof queue = []
      try {
        again = await round(streamId, batch)
      } catch (cause) {
        // A store that throws instead of answering must not block the lane for ever.
        for (const { answer } of batch) answer(E.left(storeFailed('Unexpected', 'unknown', cause)))
      }
      queue = again.length === 0 ? later : [...again, ...later]
      // Those who have just been answered may send their next command at once: let it join the others.
      if (batch.length > 1) await turn()
    }
    running = false
    idle()
  }

  const wait = (command: Command, options: CommandOptions) =>
    new Promise<Answer<State, Event, Rejection>>((answer) => {
      const alone = options.expectedVersion !== undefined
      arrived.push({ command, options, answer, failed: 0, alone, afresh: false })
      if (!running) void run()
    })

  return {
    enter: (command, options) => {
      const { commandId } = options
      const known = commandId === undefined ? undefined : sent?.get(commandId)
      if (known !== undefined) return known
      const waiting = queue.length + arrived.length
      if (waiting >= depth) return Promise.resolve(E.left(overloaded(streamId, waiting)))
      const answer = wait(command, options)
      if (commandId !== undefined) {
        const open = (sent ??= new Map())
        open.set(commandId, answer)
        void answer.then(() => open.delete(commandId))
      }
      return answer
    },
  }
}
