import { createHash } from 'node:crypto'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { memoryReadSide } from '../../support/memory-read-side'
import { type BrokenOperator, operatorThat } from './broken-operator'

const READS = 'moving to files: answers the same to every read, once the events are in a file'
const PLACES =
  'moving to files: says where each stream is, in the order of archiving, and writes it into the audit'
const TWICE =
  'moving to files: gives no byte of a file twice, and lets the last one finish who has begun'
const EXACTLY = 'moving to files: moves nothing unless the file holds what was to be written'
const FILE = 'moving to files: refuses a file that it has not begun, or that should be there'
const MISSING = 'moving to files: fails where the file is missing, or is not what was written'
const ERASED =
  'moving to files: is erased: its bytes are to be overwritten, and whoever writes it cannot finish'
const INVALID =
  'moving to files: leaves out what is not in the archive of the store, and refuses arguments that are not valid'

export const brokenFileOperators: ReadonlyArray<BrokenOperator> = [
  {
    defect: 'says that streams are in a file, and leaves them where they are',
    open: operatorThat(() => ({ finishMoveToFile: () => TE.right([]) })),
    noticedBy: [READS, PLACES, TWICE, EXACTLY, FILE, MISSING, ERASED, INVALID],
  },
  {
    defect: 'does not look at what was read from the file',
    open: operatorThat(({ beginMoveToFile, finishMoveToFile }) => {
      const sums = new Map<number, ReadonlyArray<string>>()
      return {
        beginMoveToFile: (moving) =>
          pipe(
            beginMoveToFile(moving),
            TE.map((begun) => {
              if (begun !== undefined) {
                const of = begun.parts.map(({ content }) =>
                  createHash('sha256').update(content).digest('hex'),
                )
                sums.set(begun.range, of)
              }
              return begun
            }),
          ),
        finishMoveToFile: (written) =>
          finishMoveToFile({ ...written, sha256s: sums.get(written.range) ?? [] }),
      }
    }),
    noticedBy: [EXACTLY],
  },
  {
    defect: 'gives the beginning of the file to everyone',
    open: operatorThat(({ beginMoveToFile }) => ({
      beginMoveToFile: (moving) =>
        pipe(
          beginMoveToFile(moving),
          TE.map((begun) => begun && { ...begun, start: 0 }),
        ),
    })),
    noticedBy: [TWICE, PLACES],
  },
  {
    defect: 'says that whoever comes too late has moved them, too',
    open: operatorThat(({ finishMoveToFile }) => ({
      finishMoveToFile: (written) =>
        pipe(
          finishMoveToFile(written),
          TE.orElse((): ReturnType<typeof finishMoveToFile> => TE.right([])),
        ),
    })),
    noticedBy: [TWICE, EXACTLY, ERASED, INVALID],
  },
  {
    defect: 'takes every file',
    open: operatorThat(({ beginMoveToFile }) => ({
      beginMoveToFile: (moving) =>
        pipe(
          beginMoveToFile({ ...moving, expects: 'known' }),
          TE.orElse(() => beginMoveToFile({ ...moving, expects: 'new' })),
        ),
    })),
    noticedBy: [FILE],
  },
  {
    defect: 'forgets what is to be overwritten',
    open: operatorThat(() => ({ unusedRanges: () => TE.right([]) })),
    noticedBy: [TWICE, ERASED],
  },
  {
    defect: 'has the same overwritten for ever',
    open: operatorThat(() => ({ rangeOverwritten: () => TE.right(undefined) })),
    noticedBy: [TWICE],
  },
  {
    defect: 'lists what is in files as if it were in the store',
    open: operatorThat(({ archivedStreams }) => ({
      archivedStreams: (range) => async () => {
        const [one, other] = [
          await archivedStreams({ ...range, where: 'store' })(),
          await archivedStreams({ ...range, where: 'files' })(),
        ]
        if (E.isLeft(one) || E.isLeft(other)) return one
        return E.right({ ...one.right, streams: [...one.right.streams, ...other.right.streams] })
      },
    })),
    noticedBy: [PLACES, TWICE, INVALID],
  },
  {
    defect: 'does not say where the bytes of an erased stream are',
    open: operatorThat(({ erase }) => ({
      erase: (erasing) =>
        pipe(
          erase(erasing),
          TE.map(({ place: _place, ...erasure }) => erasure),
        ),
    })),
    noticedBy: [ERASED],
  },
  {
    defect: 'answers no events where it cannot read the file',
    open: (settings) => {
      const side = memoryReadSide(settings)
      const { read } = side.store
      return {
        ...side,
        store: {
          ...side.store,
          read: (streamId, range) =>
            pipe(
              read(streamId, range),
              TE.orElseW((error) =>
                error._tag === 'StoreFailed'
                  ? TE.right({ events: [], more: false })
                  : TE.left(error),
              ),
            ),
        },
      }
    },
    noticedBy: [MISSING],
  },
  {
    defect: 'loses the tags of what is in a file',
    open: (settings) => {
      const side = memoryReadSide(settings)
      const { beginMoveToFile } = side.operator
      const filed = new Set<string>()
      return {
        ...side,
        operator: {
          ...side.operator,
          beginMoveToFile: (moving) => {
            for (const streamId of moving.streams) filed.add(streamId)
            return beginMoveToFile(moving)
          },
        },
        store: {
          ...side.store,
          read: (streamId, range) =>
            filed.has(streamId) && range.tags !== undefined
              ? TE.right({ events: [], more: false })
              : side.store.read(streamId, range),
        },
      }
    },
    noticedBy: [READS],
  },
]
