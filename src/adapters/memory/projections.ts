import * as E from 'fp-ts/Either'
import { type ProjectionFailed, projectionFailed } from '../../core/errors/store'
import type { InlineProjection } from '../../core/ports/inline-projection'
import type { StoredEvent } from '../../core/recorded-event'
import type { MemoryTransaction } from './documents'

const failureOf = async (
  projection: InlineProjection<MemoryTransaction>,
  events: ReadonlyArray<StoredEvent>,
  transaction: MemoryTransaction,
): Promise<ProjectionFailed | undefined> => {
  try {
    const outcome = await projection.project(events, transaction)()
    return E.isLeft(outcome) ? projectionFailed(projection.name, outcome.left) : undefined
  } catch (cause) {
    return projectionFailed(projection.name, cause)
  }
}

/** Runs the projections one after another; the first failure, or `undefined`. */
export const projected = async (
  projections: ReadonlyArray<InlineProjection<MemoryTransaction>>,
  events: ReadonlyArray<StoredEvent>,
  transaction: MemoryTransaction,
): Promise<ProjectionFailed | undefined> => {
  if (events.length === 0) return undefined
  for (const projection of projections) {
    const failure = await failureOf(projection, events, transaction)
    if (failure !== undefined) return failure
  }
  return undefined
}
