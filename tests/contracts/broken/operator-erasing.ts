import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { type BrokenOperator, type MemoryOperated, operatorThat } from './broken-operator'
import { memoryReadSide } from '../../support/memory-read-side'

const storeThat =
  (change: (side: MemoryOperated) => Partial<MemoryOperated['store']>): BrokenOperator['open'] =>
  (settings) => {
    const side = memoryReadSide(settings)
    return { ...side, store: { ...side.store, ...change(side) } }
  }

const NOTHING_LEFT = 'erasing: leaves nothing of a stream, and answers what is written down about it'
const ONCE = 'erasing: does it once: repeated, it answers what was written down, and changes nothing'
const INVALID = 'erasing: refuses a stream without events, and an argument that is not valid'

export const brokenErasingOperators: ReadonlyArray<BrokenOperator> = [
  {
    defect: 'answers that a stream is erased, and erases nothing',
    open: operatorThat(() => ({
      erase: ({ streamId, by, why }) =>
        TE.right({ streamId, by, why, events: 3, erasedAt: Date.now() }),
    })),
    noticedBy: [NOTHING_LEFT, ONCE, INVALID],
  },
  {
    defect: 'writes down who was the last to ask',
    open: operatorThat(({ erase }) => ({
      erase: (erasing) =>
        pipe(
          erase(erasing),
          TE.map((erasure) => ({ ...erasure, by: erasing.by, why: erasing.why })),
        ),
    })),
    noticedBy: [ONCE],
  },
  {
    defect: 'answers an erased stream as one that was never written to',
    open: storeThat(({ store }) => ({
      load: (request) =>
        pipe(
          store.load(request),
          TE.orElse((error) =>
            error._tag === 'StreamErased'
              ? TE.right({ version: 0, events: [], more: false })
              : TE.left(error),
          ),
        ),
    })),
    noticedBy: [NOTHING_LEFT],
  },
]
