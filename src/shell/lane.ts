import * as E from 'fp-ts/Either'
import { overloaded, storeFailed } from '../core/errors/store'
import type { StreamId } from '../core/stream'
import type { CommandOptions } from './command-options'
import type { Answer, Round, Waiting } from './waiting'

type Queue<Command, State, Event, Rejection> = ReadonlyArray<
  Waiting<Command, State, Event, Rejection>
>

/**
 * The commands of one stream in this process. They are decided one after another on the state in
 * memory; those that arrive while an append is under way share the next one.
 */
interface Lane<Command, State, Event, Rejection> {
  queue: Queue<Command, State, Event, Rejection>
  arrived: Waiting<Command, State, Event, Rejection>[]
  /** By their command ids. */
  sent: Map<string, Promise<Answer<State, Event, Rejection>>> | undefined
}

/** Puts a command into the lane of its stream, and answers it in its turn. */
export type Enter<Command, State, Event, Rejection> = (
  streamId: StreamId,
  command: Command,
  options: CommandOptions,
) => Promise<Answer<State, Event, Rejection>>

const turn = () => new Promise((resolve) => setImmediate(resolve))

const NOBODY: ReadonlyArray<never> = []

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

/**
 * The lanes of a category. A lane is there while a command is in it, and nothing of it is kept.
 *
 * @param depth - how many commands may wait in one.
 */
export const openLanes = <Command, State, Event, Rejection>(
  round: Round<Command, State, Event, Rejection>,
  depth: number,
): Enter<Command, State, Event, Rejection> => {
  const lanes = new Map<StreamId, Lane<Command, State, Event, Rejection>>()

  const run = async (
    streamId: StreamId,
    lane: Lane<Command, State, Event, Rejection>,
  ): Promise<void> => {
    while (lane.queue.length + lane.arrived.length > 0) {
      const queue: Queue<Command, State, Event, Rejection> =
        lane.queue.length === 0 ? lane.arrived : [...lane.queue, ...lane.arrived]
      lane.queue = queue
      lane.arrived = []
      const size = batchSize(queue)
      const batch = size === queue.length ? queue : queue.slice(0, size)
      const later = size === queue.length ? NOBODY : queue.slice(size)
      let again: Queue<Command, State, Event, Rejection> = NOBODY
      try {
        again = await round(streamId, batch)
      } catch (cause) {
        // A store that throws instead of answering must not block the lane for ever.
        for (const { answer } of batch) answer(E.left(storeFailed('Unexpected', 'unknown', cause)))
      }
      lane.queue = again.length === 0 ? later : [...again, ...later]
      // Those who have just been answered may send their next command at once: let it join the others.
      if (batch.length > 1) await turn()
    }
    lanes.delete(streamId)
  }

  return (streamId, command, options) => {
    const { commandId } = options
    const open = lanes.get(streamId)
    const known = commandId === undefined ? undefined : open?.sent?.get(commandId)
    if (known !== undefined) return known
    const before = open === undefined ? 0 : open.queue.length + open.arrived.length
    if (before >= depth) return Promise.resolve(E.left(overloaded(streamId, before)))
    const lane = open ?? { queue: NOBODY, arrived: [], sent: undefined }
    const answered = new Promise<Answer<State, Event, Rejection>>((answer) => {
      const alone = options.expectedVersion !== undefined
      lane.arrived.push({ command, options, answer, failed: 0, alone, afresh: false })
    })
    if (commandId !== undefined) {
      const sent = (lane.sent ??= new Map())
      sent.set(commandId, answered)
      void answered.then(() => sent.delete(commandId))
    }
    if (open === undefined) {
      lanes.set(streamId, lane)
      void run(streamId, lane)
    }
    return answered
  }
}
