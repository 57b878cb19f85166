import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { type BrokenOperator, operatorThat } from './broken-operator'
import { memoryReadSide } from '../../support/memory-read-side'

const READS =
  'archiving: answers the events and the version of an archived stream to every read by its id'
const SIGHT =
  'archiving: takes it out of the sight of followers and of lists, and says how much is there'
const WHY =
  'archiving: archives what is closed, and says of everything else why not, in the order that was asked'
const BEHIND =
  'archiving: waits for no subscription, and archives nothing that one has not handled, or holds'
const TAGGED = 'archiving: refuses a stream whose events have tags, unless these may be left out'
const ONCE = 'archiving: does it once, and writes it into the audit, however many ask at once'
const LIST =
  'archiving: lists the closed streams that are not in the archive, in the order of closing'
const INVALID = 'archiving: refuses arguments that are not valid, and changes nothing'

export const brokenArchivingOperators: ReadonlyArray<BrokenOperator> = [
  {
    defect: 'answers that streams are archived, and leaves them where they are',
    open: operatorThat(() => ({
      archive: ({ streams, by, why }) =>
        TE.right(
          streams.map((streamId) =>
            E.right({ streamId, by, why, events: 2, checksum: 'a'.repeat(64), archivedAt: 0 }),
          ),
        ),
    })),
    noticedBy: [READS, SIGHT, WHY, BEHIND, TAGGED, ONCE, LIST, INVALID],
  },
  {
    defect: 'erases what it is to archive',
    open: operatorThat(({ archive, erase }) => ({
      archive: (archiving) =>
        pipe(
          archive(archiving),
          TE.tap(() => {
            const { by, why, streams } = archiving
            return TE.sequenceSeqArray(streams.map((streamId) => erase({ streamId, by, why })))
          }),
          TE.orElse(() => archive(archiving)),
        ),
    })),
    noticedBy: [READS, SIGHT, TAGGED],
  },
  {
    defect: 'archives what has tags, whatever was said',
    open: operatorThat(({ archive }) => ({
      archive: (archiving) => archive({ ...archiving, tagged: 'leaveOut' }),
    })),
    noticedBy: [TAGGED],
  },
  {
    defect: 'answers in the order of the ids',
    open: operatorThat(({ archive }) => ({
      archive: (archiving) => archive({ ...archiving, streams: archiving.streams.toReversed() }),
    })),
    noticedBy: [WHY, TAGGED],
  },
  {
    defect: 'says that nothing has left the sight of followers',
    open: operatorThat(() => ({
      retired: () =>
        TE.right({
          archivedStreams: 0,
          archivedEvents: 0,
          truncatedStreams: 0,
          truncatedEvents: 0,
        }),
    })),
    noticedBy: [SIGHT, WHY],
  },
  {
    defect: 'lists other closed streams than the one that was asked for',
    open: (settings) => {
      const side = memoryReadSide(settings)
      const { closedStreams } = side.operator
      return {
        ...side,
        operator: {
          ...side.operator,
          closedStreams: ({ streamId: _ignored, ...range }) => closedStreams(range),
        },
      }
    },
    noticedBy: [LIST],
  },
  {
    defect: 'lists archived streams as closed ones, too',
    open: (settings) => {
      const side = memoryReadSide(settings)
      const { closedStreams } = side.operator
      const seen = new Map<string, { readonly sequence: number; readonly version: number }>()
      return {
        ...side,
        operator: {
          ...side.operator,
          archive: (archiving) => async () => {
            const all = await closedStreams({ after: 0, limit: 100 })()
            if (E.isRight(all)) for (const one of all.right.streams) seen.set(one.streamId, one)
            return side.operator.archive(archiving)()
          },
          closedStreams: (range) =>
            pipe(
              closedStreams({ ...range, limit: 100 }),
              TE.map(({ streams }) => {
                const known = new Set(streams.map(({ streamId }) => streamId))
                const gone = [...seen].flatMap(([streamId, { sequence, version }]) =>
                  known.has(streamId) || sequence <= range.after
                    ? []
                    : [{ streamId, sequence, version, by: '', why: '', closedAt: 0 }],
                )
                const both = [...streams, ...gone].sort((a, b) => a.sequence - b.sequence)
                return { streams: both.slice(0, range.limit), more: both.length > range.limit }
              }),
            ),
        },
      }
    },
    noticedBy: [LIST],
  },
]
