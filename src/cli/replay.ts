import * as E from 'fp-ts/Either'
import { deciderThrew } from '../core/errors/decision'
import { undecodableEvent } from '../core/errors/event'
import { causeText } from '../core/issue'
import type { StoredEvent } from '../core/recorded-event'
import { withoutSealed } from '../core/sealed-value'
import type { StreamVersion } from '../core/stream'
import type { AnyCategory } from './category-module'

/** Why a state is unknown. */
export interface Unknown {
  readonly _tag: string
  readonly message: string
}

/** How far the events of a stream have been replayed, and the resulting state. */
export interface Replayed {
  readonly version: StreamVersion
  readonly state: E.Either<Unknown, unknown>
}

/** An event, and why it cannot be decoded, if it cannot. */
export interface Judged {
  readonly event: StoredEvent
  readonly undecodable: Unknown | undefined
}

/** Before the first event. */
export const beforeReplay = ({ decider }: AnyCategory): Replayed => ({
  version: 0,
  state: E.right(decider.initialState),
})

/** The event as its codec reads it: what is personal and sealed, as if it were forgotten. */
const decoded = ({ events }: AnyCategory, stored: StoredEvent): E.Either<Unknown, unknown> => {
  try {
    const event = events.decode(withoutSealed(stored))
    return E.isRight(event) ? event : E.left(undecodableEvent(stored, event.left))
  } catch (cause) {
    const message = `the codec threw: ${causeText(cause)}`
    return E.left(undecodableEvent(stored, [{ path: '', message }]))
  }
}

/** An event, and why it cannot be decoded, if it cannot. Without a category that is unknown. */
export const judged = (category: AnyCategory | undefined, event: StoredEvent): Judged => {
  const result = category && decoded(category, event)
  return { event, undecodable: result && E.isLeft(result) ? result.left : undefined }
}

/** Applies one more event. Once the state is unknown, it stays unknown. */
export const replayOne = (
  category: AnyCategory,
  before: Replayed,
  stored: StoredEvent,
): Replayed => {
  const { version } = stored
  if (E.isLeft(before.state)) return { version, state: before.state }
  const event = decoded(category, stored)
  if (E.isLeft(event)) return { version, state: event }
  try {
    return { version, state: E.right(category.decider.evolve(before.state.right, event.right)) }
  } catch (cause) {
    return { version, state: E.left(deciderThrew(stored.streamId, version, 'evolve', cause)) }
  }
}
