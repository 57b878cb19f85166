import * as E from 'fp-ts/Either'
import { type ProjectionFailed, projectionFailed } from '../../core/errors/store'
import type { InlineProjection } from '../../core/ports/inline-projection'
import type { Projections } from '../../core/ports/projection-store'
import type { StoredEvent } from '../../core/recorded-event'
import type { MemoryTransaction } from './documents'

/** The inline projections, and where their documents are stored. */
export interface MemoryInline {
  readonly projections: ReadonlyArray<InlineProjection<MemoryTransaction>>
  readonly documents: Pick<Projections<MemoryTransaction>, 'inTransaction'>
}

const failureOf = async (
  projection: InlineProjection<MemoryTransaction>,
  documents: MemoryInline['documents'],
  events: ReadonlyArray<StoredEvent>,
  transaction: MemoryTransaction,
): Promise<ProjectionFailed | undefined> => {
  try {
    const inside = documents.inTransaction(transaction)
    const outcome = await projection.project(events, transaction, inside)()
    return E.isLeft(outcome) ? projectionFailed(projection.name, outcome.left) : undefined
  } catch (cause) {
    return projectionFailed(projection.name, cause)
  }
}

/** Runs the projections one after another; the first failure, or `undefined`. */
export const projected = async (
  { projections, documents }: MemoryInline,
  events: ReadonlyArray<StoredEvent>,
  transaction: MemoryTransaction,
): Promise<ProjectionFailed | undefined> => {
  if (events.length === 0) return undefined
  for (const projection of projections) {
    const failure = await failureOf(projection, documents, events, transaction)
    if (failure !== undefined) return failure
  }
  return undefined
}
