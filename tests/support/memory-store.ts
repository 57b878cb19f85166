import { memoryDocuments, type MemoryTransaction } from '../../src/adapters/memory/documents'
import { memoryProjections } from '../../src/adapters/memory/read-models'
import { memoryStore, type MemoryStoreParts } from '../../src/adapters/memory/store'
import type { InlineProjection } from '../../src/core/ports/inline-projection'
import { defaultLimits } from '../../src/core/limits'

interface Options extends Partial<Pick<MemoryStoreParts, 'limits' | 'now'>> {
  readonly projections?: ReadonlyArray<InlineProjection<MemoryTransaction>>
  readonly documents?: ReturnType<typeof memoryDocuments>
}

/** The event store of a backend in memory, whose documents can be looked at from outside. */
export const memoryStoreOn = ({
  limits = defaultLimits,
  now = Date.now,
  projections = [],
  documents = memoryDocuments(),
}: Options = {}) =>
  memoryStore({
    limits,
    now,
    transactions: documents,
    inline: { projections, documents: memoryProjections(documents, now) },
    lineage: { current: 'of the test' },
  }).store
