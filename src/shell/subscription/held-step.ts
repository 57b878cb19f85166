import * as E from 'fp-ts/Either'
import type { ReadError } from '../../core/errors/unions'
import type { DueStream, Holding } from '../../core/ports/subscription-store'
import type { StoredEvent } from '../../core/recorded-event'
import type { StreamRange } from '../../core/ports/event-store'
import type { Position, StreamId } from '../../core/stream'
import { isSpoiled, type StepError } from './effects'
import { heldAt, holdingFor } from './poison-step'
import type { WorkerContext } from './worker-context'

type Outcome = E.Either<StepError | ReadError, void>

interface HeldPage {
  /** Those that were held back, oldest first. */
  readonly events: ReadonlyArray<StoredEvent>
  /** There are more of them after this version. */
  readonly moreAfter: number | undefined
}

/** The events of a stream that were held back: from `after` on, up to the checkpoint. */
const heldPage = async <Transaction>(
  { settings, environment }: WorkerContext<Transaction>,
  streamId: StreamId,
  range: StreamRange,
  checkpoint: Position,
): Promise<E.Either<ReadError, HeldPage>> => {
  const page = await environment.store.read(streamId, range)()
  if (E.isLeft(page)) return page
  const reached = page.right.events.filter(({ position }) => position <= checkpoint)
  const complete = reached.length < page.right.events.length || !page.right.more
  return E.right({
    events: reached.filter(({ type }) => settings.types?.includes(type) ?? true),
    moreAfter: complete ? undefined : reached.at(-1)?.version,
  })
}

/** Handles what was held back of one stream, until all of it is done or an event fails again. */
const goOn = async <Transaction>(
  context: WorkerContext<Transaction>,
  held: Set<StreamId>,
  due: DueStream,
  checkpoint: Position,
): Promise<Outcome> => {
  const { effects, lease, settings, mayWork, observe } = context
  let after = due.decision === 'skip' ? due.version : due.version - 1
  let failedBefore = due.decision === 'skip' ? 0 : due.attempts
  let limit = settings.batchSize
  for (;;) {
    const found = await heldPage(context, due.streamId, { after, limit }, checkpoint)
    if (E.isLeft(found)) return found
    const { events, moreAfter } = found.right
    const holding: Holding =
      moreAfter === undefined
        ? { _tag: 'Release', streamId: due.streamId }
        : { _tag: 'Hold', stream: { ...due, version: moreAfter + 1, attempts: 0 }, retryAfter: 0 }
    const made = await effects.make(
      events,
      { lease, after: checkpoint, position: checkpoint, holding },
      mayWork,
    )
    if (E.isRight(made)) {
      if (moreAfter !== undefined) {
        after = moreAfter
        failedBefore = 0
        continue
      }
      held.delete(due.streamId)
      observe({ _tag: 'StreamReleased', subscription: settings.name, streamId: due.streamId })
      return made
    }
    const failure = made.left
    if (isSpoiled(failure) && limit > 1) {
      limit = 1 // to see which one is to blame
      continue
    }
    if (failure._tag !== 'HandlerFailed') return E.left(failure)
    const index = events.findIndex(({ position }) => position === failure.position)
    const event = events[index]
    if (event === undefined) return E.left(failure)
    const stream = heldAt(event, index === 0 ? failedBefore + 1 : 1, failure)
    const step = {
      lease,
      after: checkpoint,
      position: checkpoint,
      holding: holdingFor(context, stream),
    }
    const saved = await effects.make(effects.toRepeat(events.slice(0, index)), step, mayWork)
    if (E.isRight(saved) || limit === 1) return saved
    if (saved.left._tag !== 'HandlerFailed' && !isSpoiled(saved.left)) return saved
    limit = 1 // one of those before has spoiled the transaction for this one
  }
}

/** Turns to the held streams whose time has come, or for which an operator has decided. */
export const handleHeld = async <Transaction>(
  context: WorkerContext<Transaction>,
  held: Set<StreamId>,
  checkpoint: Position,
): Promise<Outcome> => {
  if (held.size === 0) return E.right(undefined)
  const due = await context.environment.subscriptions.due(context.lease)()
  if (E.isLeft(due)) return due
  for (const stream of due.right) {
    if (context.signal.aborted) return E.right(undefined)
    const done = await goOn(context, held, stream, checkpoint)
    if (E.isLeft(done)) return done
  }
  return E.right(undefined)
}
