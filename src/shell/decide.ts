import * as E from 'fp-ts/Either'
import type { Category } from '../core/category'
import { type DeciderThrew, deciderThrew, type Rejected, rejected } from '../core/errors/decision'
import { unencodableEvent, type UnencodableEvent } from '../core/errors/event'
import type { EncodedEvent } from '../core/recorded-event'
import type { StreamId } from '../core/stream'
import { attempt } from './attempt'
import { type Current, evolveOnce } from './play'

/** What was decided, and where it leads. */
export interface Decision<State, Event> {
  readonly events: ReadonlyArray<Event>
  readonly encoded: ReadonlyArray<EncodedEvent>
  readonly next: Current<State>
}

export type DecideError<Rejection> = Rejected<Rejection> | DeciderThrew | UnencodableEvent

/**
 * Decides, encodes and plays on, before anything is stored: an event that cannot be written, or that
 * `evolve` cannot bear, never gets into the stream.
 */
export const decideOn = <Command, State, Event, Rejection>(
  category: Category<Command, State, Event, Rejection>,
  streamId: StreamId,
  command: Command,
  current: Current<State>,
): E.Either<DecideError<Rejection>, Decision<State, Event>> => {
  const { decider, events: codec } = category
  const decided = attempt(() => {
    const decision = decider.decide(command, current.state)
    return E.isLeft(decision) ? decision : E.right([...decision.right])
  })
  if (E.isLeft(decided)) {
    return E.left(deciderThrew(streamId, current.version, 'decide', decided.left))
  }
  if (E.isLeft(decided.right)) {
    return E.left(rejected(streamId, current.version, decided.right.left))
  }
  const events = decided.right.right
  const encoded: EncodedEvent[] = []
  let next = current
  for (const [index, event] of events.entries()) {
    const written = attempt(() => codec.encode(event))
    if (E.isLeft(written)) {
      return E.left(deciderThrew(streamId, next.version, 'codec', written.left))
    }
    if (E.isLeft(written.right)) {
      const type = attempt(() => codec.typeOf(event))
      const name = E.isRight(type) ? type.right : '?'
      return E.left(unencodableEvent(streamId, index, name, written.right.left))
    }
    encoded.push(written.right.right)
    const evolved = evolveOnce(category, streamId, next, event)
    if (E.isLeft(evolved)) return evolved
    next = evolved.right
  }
  return E.right({ events, encoded, next })
}
