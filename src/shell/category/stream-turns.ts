import * as E from 'fp-ts/Either'
import { overloaded, type Overloaded } from '../../core/errors/store'
import type { StreamId } from '../../core/stream'

/** Runs work on some streams when all work on any of them that came before has ended. */
export type InTurn = <Failure, Result>(
  streams: ReadonlyArray<StreamId>,
  work: () => Promise<E.Either<Failure, Result>>,
) => Promise<E.Either<Failure | Overloaded, Result>>

interface Turn {
  /** Ends with the last work on the stream, and never rejects. */
  readonly last: Promise<void>
  readonly waiting: number
}

const nothing = (): void => undefined

/**
 * Work on the same streams of this process takes turns, in the order in which it came: neighbours never meet as a
 * conflict. Whoever waits has taken its place on all of its streams at once, so that none waits in a circle.
 *
 * @param depth - how much work may be there for one stream.
 */
export const streamTurns = (depth: number): InTurn => {
  const turns = new Map<StreamId, Turn>()

  const leave = (streams: ReadonlyArray<StreamId>): void => {
    for (const streamId of streams) {
      const turn = turns.get(streamId)
      if (turn === undefined || turn.waiting <= 1) turns.delete(streamId)
      else turns.set(streamId, { ...turn, waiting: turn.waiting - 1 })
    }
  }

  return (streams, work) => {
    for (const streamId of streams) {
      const waiting = turns.get(streamId)?.waiting ?? 0
      if (waiting >= depth) return Promise.resolve(E.left(overloaded(streamId, waiting)))
    }
    const before = streams.flatMap((streamId) => turns.get(streamId)?.last ?? [])
    const done = Promise.all(before).then(work)
    const last = done.then(nothing, nothing)
    for (const streamId of streams) {
      turns.set(streamId, { last, waiting: (turns.get(streamId)?.waiting ?? 0) + 1 })
    }
    void last.then(() => leave(streams))
    return done
  }
}
