import * as E from 'fp-ts/Either'
import { jsonSize } from '../../core/json'
import { JSON_PER_STATEMENT } from '../../core/limits'
import type { NewEvent } from '../../core/recorded-event'
import type { StreamId } from '../../core/stream'
import type { Versioned } from '../state/replay'
import { newEvents } from './append-request'
import { decideOn, type DecideError, type Decision } from './decide'
import type { CategoryRuntime, CategoryTypes, Pending } from './handle-commands'

/** A command, and what was decided on it. */
export interface Decided<Of extends CategoryTypes> {
  readonly pending: Pending<Of>
  readonly before: Versioned<Of['state']>
  readonly decision: E.Either<DecideError<Of['rejection']>, Decision<Of['state'], Of['event']>>
  readonly events: ReadonlyArray<NewEvent>
}

/**
 * Decides commands one after another, each on the state that those before it lead to. Stops before all are
 * decided when their events are much already: what waits for its turn is small.
 */
export const decideAll = <Of extends CategoryTypes>(
  { category, settings }: CategoryRuntime<Of>,
  streamId: StreamId,
  base: Versioned<Of['state']>,
  batch: ReadonlyArray<Pending<Of>>,
): ReadonlyArray<Decided<Of>> => {
  // One that grows takes more than it needs.
  const all = new Array<Decided<Of>>(batch.length)
  let count = 0
  let before = base
  let size = 0
  for (const pending of batch) {
    if (size > JSON_PER_STATEMENT) break
    const decision = decideOn(category, streamId, pending.command, before)
    const events = newEvents(decision, pending.options, settings.ids)
    all[count++] = { pending, before, decision, events }
    if (E.isRight(decision)) before = decision.right.next
    if (batch.length > 1) for (const { data } of events) size += jsonSize(data)
  }
  return count === batch.length ? all : all.slice(0, count)
}

/** What was too much for one append comes after what must be handled again. */
export const followedBy = async <Item>(
  again: ReadonlyArray<Item> | Promise<ReadonlyArray<Item>>,
  later: ReadonlyArray<Item>,
): Promise<ReadonlyArray<Item>> => [...(await again), ...later]
