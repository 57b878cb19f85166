import * as E from 'fp-ts/Either'
import { overloaded, storeFailed } from '../../core/errors/store'
import type { StreamId } from '../../core/stream'
import type { CommandOptions } from './command-options'
import type { Answer, Round, Waiting } from './pending-command'

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

  type OfLane = Lane<Command, State, Event, Rejection>

  // No async function: every command comes through here, and that would take up more memory than the rest.
  const run = (streamId: StreamId, lane: OfLane): void => {
    if (lane.queue.length + lane.arrived.length === 0) {
      lanes.delete(streamId)
      return
    }
    const queue = lane.queue.length === 0 ? lane.arrived : [...lane.queue, ...lane.arrived]
    lane.queue = queue
    lane.arrived = []
    const size = batchSize(queue)
    const batch = size === queue.length ? queue : queue.slice(0, size)
    round(streamId, batch).then(
      (again) => {
        goOn(streamId, lane, batch.length, again)
      },
      (cause: unknown) => {
        // A store that throws instead of answering must not block the lane for ever.
        for (const { answer } of batch) answer(E.left(storeFailed('Unexpected', 'unknown', cause)))
        goOn(streamId, lane, batch.length, NOBODY)
      },
    )
  }

  const goOn = (
    streamId: StreamId,
    lane: OfLane,
    size: number,
    again: Queue<Command, State, Event, Rejection>,
  ): void => {
    const later = size === lane.queue.length ? NOBODY : lane.queue.slice(size)
    lane.queue = again.length === 0 ? later : [...again, ...later]
    // Those who have just been answered may send their next command at once: let it join the others.
    if (size > 1) setImmediate(run, streamId, lane)
    else run(streamId, lane)
  }

  return (streamId, command, options) => {
    const { commandId } = options
    const open = lanes.get(streamId)
    const known = commandId === undefined ? undefined : open?.sent?.get(commandId)
    if (known !== undefined) return known
    const before = open === undefined ? 0 : open.queue.length + open.arrived.length
    if (before >= depth) return Promise.resolve(E.left(overloaded(streamId, before)))
    const lane: OfLane = open ?? { queue: NOBODY, arrived: [], sent: undefined }
    const answered = new Promise<Answer<State, Event, Rejection>>((answer) => {
      const alone = options.expectedVersion !== undefined
      const waiting = { command, options, answer, failed: 0, alone, afresh: false }
      if (lane.arrived.length === 0) lane.arrived = [waiting]
      else lane.arrived.push(waiting)
    })
    if (commandId !== undefined) {
      const sent = (lane.sent ??= new Map())
      sent.set(commandId, answered)
      void answered.then(() => sent.delete(commandId))
    }
    if (open === undefined) {
      lanes.set(streamId, lane)
      run(streamId, lane)
    }
    return answered
  }
}
