import * as E from 'fp-ts/Either'
import type { Category } from '../../core/category'
import { type EventCodec, roundTripOf, type WrittenEvent } from '../../core/codec/event-codec'
import {
  type DeciderThrew,
  deciderThrew,
  type Rejected,
  rejected,
} from '../../core/errors/decision'
import { unencodableEvent, type UnencodableEvent } from '../../core/errors/event'
import type { StreamId } from '../../core/stream'
import { sortedTags } from '../../core/tags'
import { catching } from '../catching'
import type { Versioned } from '../state/replay'

/** An event that was decided, with its tags if its category has any. */
export interface DecidedEvent<Event> extends WrittenEvent<Event> {
  /** Sorted, each once. */
  readonly tags?: ReadonlyArray<string>
}

/** What was decided, and where it leads. */
export interface Decision<State, Event> {
  readonly events: ReadonlyArray<DecidedEvent<Event>>
  readonly next: Versioned<State>
}

export type DecideError<Rejection> = Rejected<Rejection> | DeciderThrew | UnencodableEvent

const idIn = (name: string, streamId: StreamId): string => streamId.slice(name.length + 1)

// Outside the loop below: a closure inside it would be allocated in every turn.
const nameOf = <Event>(codec: EventCodec<Event>, event: Event): string => {
  const type = catching(() => codec.typeOf(event))
  return E.isRight(type) ? type.right : '?'
}

/**
 * Decides, encodes and evolves, before anything is stored: an event that cannot be written or read back,
 * or on which `evolve` throws, never gets into the stream. The state is made from what is stored, so it
 * is the one that a reload would give.
 */
export const decideOn = <Command, State, Event, Rejection>(
  category: Category<Command, State, Event, Rejection>,
  streamId: StreamId,
  command: Command,
  current: Versioned<State>,
): E.Either<DecideError<Rejection>, Decision<State, Event>> => {
  const { decider, events: codec, tags: tagsOf } = category
  let { state, version } = current
  let calling: 'decide' | 'codec' | 'evolve' | 'tags' = 'decide'
  try {
    const decided = decider.decide(command, state)
    if (E.isLeft(decided)) return E.left(rejected(streamId, version, decided.left))
    // One that grows takes more than it needs.
    const events = new Array<DecidedEvent<Event>>(decided.right.length)
    let index = 0
    for (const event of decided.right) {
      calling = 'codec'
      const written = roundTripOf(codec, event)
      if (E.isLeft(written)) {
        return E.left(unencodableEvent(streamId, index, nameOf(codec, event), written.left))
      }
      events[index] = written.right
      if (tagsOf !== undefined) {
        calling = 'tags'
        const tags = sortedTags(tagsOf(written.right.event, idIn(category.name, streamId)))
        events[index] = { ...written.right, tags }
      }
      index += 1
      calling = 'evolve'
      state = decider.evolve(state, written.right.event)
      version += 1
    }
    return E.right({ events, next: { state, version } })
  } catch (cause) {
    return E.left(deciderThrew(streamId, version, calling, cause))
  }
}
