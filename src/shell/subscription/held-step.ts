import * as E from 'fp-ts/Either'
import type { ReadError } from '../../core/errors/unions'
import { isCausedByWork } from '../../core/fault'
import type { StreamRange } from '../../core/ports/event-store'
import type { DueStream, StepEnd } from '../../core/ports/subscription-store'
import type { StoredEvent } from '../../core/recorded-event'
import type { Position, StreamId, StreamVersion } from '../../core/stream'
import { batchSizeOf, tryBatch } from './attempt-step'
import type { StepError } from './effects'
import { heldAt, holdingFor, pauseAfter } from './poison-step'
import type { WorkerContext } from './worker-context'
import { neverInvalid } from '../../core/ports/never-invalid'

/** For how long (milliseconds) to pause, because everything fails. `undefined`: continue. */
type Outcome = E.Either<StepError | ReadError, number | undefined>

interface HeldPage {
  /** The events that were held back, oldest first. */
  readonly events: ReadonlyArray<StoredEvent>
  /** There are more of them after this version. */
  readonly moreAfter: StreamVersion | undefined
}

/** The events of a stream that were held back: from `after` on, up to the checkpoint. */
const heldPage = async <Transaction>(
  { settings, environment }: WorkerContext<Transaction>,
  streamId: StreamId,
  range: StreamRange,
  checkpoint: Position,
): Promise<E.Either<ReadError, HeldPage>> => {
  const { tags } = settings
  const wanted = tags === undefined ? range : { ...range, tags }
  const page = await neverInvalid(environment.store.read(streamId, wanted))()
  // What was erased has nothing left to handle: the stream is released.
  if (E.isLeft(page) && page.left._tag === 'StreamErased') {
    return E.right({ events: [], moreAfter: undefined })
  }
  if (E.isLeft(page)) return page
  const reached = page.right.events.filter(({ position }) => position <= checkpoint)
  const complete = reached.length < page.right.events.length || !page.right.more
  return E.right({
    events: reached.filter(({ type }) => settings.types?.includes(type) ?? true),
    moreAfter: complete ? undefined : reached.at(-1)?.version,
  })
}

/** Where the step ends when the first `handled` events of a page are done. The checkpoint stays. */
const endAfter = (
  due: DueStream,
  position: Position,
  { events, moreAfter }: HeldPage,
  handled: number,
): StepEnd => {
  const { streamId } = due
  const next = events[handled]
  const version = next === undefined ? (moreAfter ?? 0) + 1 : next.version
  if (next === undefined && moreAfter === undefined) {
    return { position, holding: { _tag: 'Release', streamId } }
  }
  if (next !== undefined && handled === 0) return { position }
  const stream = { ...due, version, attempts: 0 }
  return { position, holding: { _tag: 'Hold', stream, retryAfter: 0 } }
}

/** Handles the held events of one stream, until all of them are done or one fails again. */
const handleDue = async <Transaction>(
  context: WorkerContext<Transaction>,
  held: Set<StreamId>,
  due: DueStream,
  checkpoint: Position,
): Promise<Outcome> => {
  const { effects, lease, memory, settings, onNotice } = context
  const start = { lease, after: checkpoint }
  let after = due.decision === 'skip' ? due.version : due.version - 1
  let failedBefore = due.decision === 'skip' ? 0 : due.attempts
  while (!context.signal.aborted) {
    const limit = batchSizeOf(context)
    const found = await heldPage(context, due.streamId, { after, limit }, checkpoint)
    if (E.isLeft(found)) return found
    const { events, moreAfter } = found.right
    const endAt = (handled: number) => endAfter(due, checkpoint, found.right, handled)
    const made = await tryBatch(context, { ...start, events, endAt })
    if (E.isRight(made)) {
      if (made.right === events.length && moreAfter === undefined) {
        held.delete(due.streamId)
        memory.waits.delete(due.streamId)
        onNotice({ _tag: 'StreamReleased', subscription: settings.name, streamId: due.streamId })
        return E.right(undefined)
      }
      const last = events[made.right - 1]?.version
      after = made.right === events.length ? (moreAfter ?? after) : (last ?? after)
      failedBefore = made.right === 0 ? failedBefore : 0
      continue
    }
    const failure = made.left
    if (isCausedByWork(failure) && events.length > 1) {
      memory.size.halve(events.length)
      continue
    }
    if (failure._tag !== 'HandlerFailed') return E.left(failure)
    const index = events.findIndex(({ position }) => position === failure.position)
    const event = events[index]
    if (event === undefined) return E.left(failure)
    const pause = pauseAfter(context, due.streamId, failure)
    const attempts = index === 0 ? failedBefore + 1 : 1
    const stream = heldAt(event, attempts, failure)
    const holding =
      pause === undefined
        ? holdingFor(context, stream, failure)
        : ({
            _tag: 'Hold',
            stream: { ...stream, attempts: attempts - 1 },
            retryAfter: Math.ceil(pause),
          } as const)
    const before = effects.toRepeat(events.slice(0, index))
    const saved = await tryBatch(context, {
      ...start,
      events: before,
      endAt: (handled) =>
        handled === before.length ? { position: checkpoint, holding } : endAt(handled),
    })
    if (E.isRight(saved)) return E.right(pause)
    if (events.length === 1) return saved
    if (saved.left._tag !== 'HandlerFailed' && !isCausedByWork(saved.left)) return saved
    memory.size.halve(events.length) // one of the events before has broken the transaction of this one
  }
  return E.right(undefined)
}

/** Handles the held streams that are due, or for which an operator has decided. */
export const handleHeld = async <Transaction>(
  context: WorkerContext<Transaction>,
  held: Set<StreamId>,
  checkpoint: Position,
): Promise<Outcome> => {
  if (held.size === 0) return E.right(undefined)
  const due = await context.environment.subscriptions.dueStreams(context.lease)()
  if (E.isLeft(due)) return due
  for (const stream of due.right) {
    if (context.signal.aborted) return E.right(undefined)
    const done = await handleDue(context, held, stream, checkpoint)
    if (E.isLeft(done) || done.right !== undefined) return done
  }
  return E.right(undefined)
}
