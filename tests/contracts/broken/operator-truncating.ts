import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { type BrokenOperator, operatorThat } from './broken-operator'
import { memoryReadSide } from '../../support/memory-read-side'

const PLACE =
  'truncating: puts the summary in the place of the last event that goes, and lets versions go on'
const READS = 'truncating: answers the summary first, and the version, to every read'
const FOLLOWERS =
  'truncating: shows followers from the start the summary, and the list of streams what it was'
const SNAPSHOTS = 'truncating: keeps the snapshots from that version on, and no earlier one'
const BEHIND = 'truncating: truncates nothing that a subscription has not handled'
const ONCE =
  'truncating: does it once, goes further, and writes it into the audit, however many ask at once'
const LATER = 'truncating: can be closed, archived and erased afterwards'
const INVALID = 'truncating: refuses a version that is not there, and arguments that are not valid'

export const brokenTruncatingOperators: ReadonlyArray<BrokenOperator> = [
  {
    defect: 'answers that a stream is truncated, and changes nothing',
    open: operatorThat(() => ({
      truncateStream: ({ streamId, upTo, by, why }) =>
        TE.right({ streamId, upTo, by, why, truncatedAt: Date.now() }),
    })),
    noticedBy: [PLACE, READS, FOLLOWERS, SNAPSHOTS, BEHIND, ONCE, LATER, INVALID],
  },
  {
    defect: 'truncates up to one version less',
    open: operatorThat(({ truncateStream }) => ({
      truncateStream: (truncating) =>
        pipe(
          truncateStream({ ...truncating, upTo: Math.max(truncating.upTo - 1, 1) }),
          TE.map((truncation) => ({ ...truncation, upTo: truncating.upTo })),
        ),
    })),
    noticedBy: [PLACE, READS, FOLLOWERS, BEHIND],
  },
  {
    defect: 'forgets to say that the stream begins with the summary',
    open: (settings) => {
      const side = memoryReadSide(settings)
      return {
        ...side,
        store: {
          ...side.store,
          read: (streamId, range) =>
            pipe(
              side.store.read(streamId, range),
              TE.map((page) => ({
                ...page,
                events: page.events.map((event) => ({ ...event, metadata: {} })),
              })),
            ),
        },
      }
    },
    noticedBy: [PLACE],
  },
  {
    defect: 'answers the number of the events as the version',
    open: (settings) => {
      const side = memoryReadSide(settings)
      return {
        ...side,
        store: {
          ...side.store,
          version: (streamId) =>
            pipe(
              side.store.read(streamId, { after: 0, limit: 100 }),
              TE.map(({ events }) => events.length),
              TE.orElse(() => side.store.version(streamId)),
            ),
        },
      }
    },
    noticedBy: [PLACE],
  },
  {
    defect: 'says that nothing has left the sight of followers',
    open: operatorThat(({ retired }) => ({
      retired: () =>
        pipe(
          retired(),
          TE.map((found) => ({ ...found, truncatedStreams: 0, truncatedEvents: 0 })),
        ),
    })),
    noticedBy: [FOLLOWERS],
  },
  {
    defect: 'writes down who was the last to ask',
    open: operatorThat(({ truncateStream }) => ({
      truncateStream: (truncating) => async () =>
        E.map((truncation: object) => ({
          ...(truncation as { streamId: string; upTo: number; why: string; truncatedAt: number }),
          by: truncating.by,
        }))(await truncateStream(truncating)()),
    })),
    noticedBy: [ONCE],
  },
]
