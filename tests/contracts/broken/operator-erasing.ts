import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import type { ReadError } from '../../../src/core/errors/unions'
import type { Loaded } from '../../../src/core/ports/event-store'
import { type BrokenOperator, type MemoryOperated, operatorThat } from './broken-operator'
import { memoryReadSide } from '../../support/memory-read-side'

const storeThat =
  (change: (side: MemoryOperated) => Partial<MemoryOperated['store']>): BrokenOperator['open'] =>
  (settings) => {
    const side = memoryReadSide(settings)
    return { ...side, store: { ...side.store, ...change(side) } }
  }

const NOTHING_LEFT =
  'erasing: leaves nothing of a stream, and answers what is written down about it'
const ONCE =
  'erasing: does it once: repeated, it answers what was written down, and changes nothing'
const AUDITED = 'erasing: is written down in the audit, beside what operators have recorded'
const UNDER_WAY = 'erasing: lets no append through that is under way meanwhile'
const INVALID = 'erasing: refuses a stream without events, and an argument that is not valid'

export const brokenErasingOperators: ReadonlyArray<BrokenOperator> = [
  {
    defect: 'answers that a stream is erased, and erases nothing',
    open: operatorThat(() => ({
      erase: ({ streamId, by, why }) =>
        TE.right({ streamId, by, why, events: 3, erasedAt: Date.now() }),
    })),
    noticedBy: [NOTHING_LEFT, ONCE, AUDITED, INVALID],
  },
  {
    defect: 'erases, and writes nothing into the audit',
    open: operatorThat(({ audit }) => ({
      audit: (range) =>
        pipe(
          audit(range),
          TE.map((page) => ({
            ...page,
            entries: page.entries.filter(
              ({ action, operator }) => action !== 'erase' || operator === 'mallory',
            ),
          })),
        ),
    })),
    noticedBy: [ONCE, AUDITED],
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
          TE.orElse((error): TE.TaskEither<ReadError, Loaded> =>
            error._tag === 'StreamErased'
              ? TE.right({ version: 0, events: [], more: false })
              : TE.left(error),
          ),
        ),
    })),
    noticedBy: [NOTHING_LEFT, 'erasing: keeps no snapshot that is saved afterwards', UNDER_WAY],
  },
  {
    defect: 'answers a page of an erased stream that is bounded as one without events',
    open: storeThat(({ store }) => ({
      read: (streamId, range) =>
        pipe(
          store.read(streamId, range),
          TE.orElse((error): ReturnType<typeof store.read> =>
            error._tag === 'StreamErased' && range.upTo !== undefined
              ? TE.right({ events: [], more: false })
              : TE.left(error),
          ),
        ),
    })),
    noticedBy: [NOTHING_LEFT, 'erasing: keeps no snapshot that is saved afterwards', UNDER_WAY],
  },
  {
    defect: 'counts erased streams in a page of the list of streams',
    open: storeThat(({ store, operator }) => ({
      streams:
        ({ limit, ...range }) =>
        async () => {
          const erased = await operator.audit({ before: Number.MAX_SAFE_INTEGER, limit: 1_000 })()
          const count = E.isRight(erased) ? erased.right.entries.length : 0
          return store.streams({ ...range, limit: Math.max(limit - count, 0) })()
        },
    })),
    noticedBy: [
      'erasing: fills a page of the list of streams with what is there, however much was erased',
    ],
  },
]
