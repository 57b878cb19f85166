import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { versionConflict } from '../../../src/core/errors/conflict'
import type { AppendError } from '../../../src/core/errors/unions'
import type { Appended } from '../../../src/core/append'
import { type BrokenOperator, type MemoryOperated, operatorThat } from './broken-operator'
import { memoryReadSide } from '../../support/memory-read-side'

const storeThat =
  (change: (side: MemoryOperated) => Partial<MemoryOperated['store']>): BrokenOperator['open'] =>
  (settings) => {
    const side = memoryReadSide(settings)
    return { ...side, store: { ...side.store, ...change(side) } }
  }

const REFUSES = 'closing: refuses every append, and keeps what there is'
const READS = 'closing: answers its version and its events to every read, however long it is'
const LISTS = 'closing: leaves readers of the whole store, and the list of streams, as they were'
const ONCE =
  'closing: does it once, and writes it into the audit: repeated, it answers what was written down'
const INVALID =
  'closing: refuses another version, a stream without events, and an argument that is not valid'
const ERASED = 'closing: can be erased afterwards, and is then erased'
const UNDER_WAY = 'closing: lets no append through that is under way meanwhile'

/** Of a store in PostgreSQL: the version of the row that stands for the stream. */
const ROW = 2_147_483_647

export const brokenClosingOperators: ReadonlyArray<BrokenOperator> = [
  {
    defect: 'answers that a stream is closed, and closes nothing',
    open: operatorThat((_sound, { store }) => ({
      closeStream: ({ streamId, by, why }) =>
        pipe(
          store.version(streamId),
          TE.map((version) => ({ streamId, by, why, version, closedAt: Date.now() })),
          TE.orElse(() => TE.right({ streamId, by, why, version: 1, closedAt: Date.now() })),
        ),
    })),
    noticedBy: [REFUSES, ONCE, INVALID, ERASED],
  },
  {
    defect: 'closes a stream at whatever version it is',
    open: operatorThat(({ closeStream }) => ({
      closeStream: ({ at: _at, ...closing }) => closeStream(closing),
    })),
    noticedBy: [INVALID],
  },
  {
    defect: 'closes, and writes nothing into the audit',
    open: operatorThat(({ audit }) => ({
      audit: (range) =>
        pipe(
          audit(range),
          TE.map((page) => ({
            ...page,
            entries: page.entries.filter(({ action }) => action !== 'close'),
          })),
        ),
    })),
    noticedBy: [ONCE],
  },
  {
    defect: 'answers an append to a closed stream with a conflict, so that it is decided again',
    open: storeThat(({ store }) => ({
      append: (request) =>
        pipe(
          store.append(request),
          TE.orElse((error): TE.TaskEither<AppendError, Appended> =>
            TE.left(
              error._tag === 'StreamClosed'
                ? versionConflict(request.streamId, request.expectedVersion, ROW)
                : error,
            ),
          ),
        ),
    })),
    noticedBy: [REFUSES, UNDER_WAY],
  },
  {
    defect: 'answers the version of the row that stands for a closed stream',
    open: storeThat(({ store, operator }) => ({
      load: (request) => async () => {
        const closed = await operator.audit({ before: Number.MAX_SAFE_INTEGER, limit: 100 })()
        const isClosed = E.isRight(closed) && closed.right.entries.length > 0
        const loaded = await store.load(request)()
        return E.isRight(loaded) && isClosed && loaded.right.more
          ? E.right({ ...loaded.right, version: ROW })
          : loaded
      },
    })),
    noticedBy: [READS],
  },
  {
    defect: 'leaves closed streams out of the list of streams',
    open: storeThat(({ store, operator }) => ({
      streams: (range) => async () => {
        const closed = await operator.audit({ before: Number.MAX_SAFE_INTEGER, limit: 100 })()
        const ids = E.isRight(closed) ? closed.right.entries.map(({ subject }) => subject) : []
        return E.map(
          (found: ReadonlyArray<{ streamId: string; version: number; recordedAt: number }>) =>
            found.filter(({ streamId }) => !ids.includes(streamId)),
        )(await store.streams(range)())
      },
    })),
    noticedBy: [LISTS],
  },
]
