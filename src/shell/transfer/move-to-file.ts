import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import type { InvalidOperation } from '../../core/errors/operator'
import type { StoreFailed } from '../../core/errors/store'
import type {
  ArchivedStreamsRange,
  ListedArchivedStream,
  RangeToWrite,
  WrittenRange,
} from '../../core/operator/moving-to-files'
import type { Operator } from '../../core/ports/operator'
import type { StreamId } from '../../core/stream'
import { sha256 } from '../../platform/node'

/** A file that archived streams are moved to. */
export interface ArchiveFile<Failure> {
  /** Its name, without the folder. */
  readonly name: string
  /** Whether it is there. */
  readonly isThere: () => boolean
  /** Writes bytes from `start` on. A file that is not there is made. When that has ended the disk keeps them. */
  readonly write: (start: number, bytes: Uint8Array) => TaskEither<Failure, void>
  /** What is in it. Fewer bytes: it ends there. */
  readonly read: (start: number, length: number) => TaskEither<Failure, Uint8Array>
  /** Replaces what is there by spaces. When that has ended the disk has nothing else. */
  readonly overwrite: (start: number, length: number) => TaskEither<Failure, void>
}

/** Which archived streams are moved to a file. */
export interface MoveToFileOptions<Failure>
  extends
    Pick<WrittenRange, 'by' | 'why'>,
    Pick<ArchivedStreamsRange, 'category' | 'closedBefore'> {
  readonly file: ArchiveFile<Failure>
  /** How many events are moved in one transaction, about. 1 or more. Default 1,000. */
  readonly batch?: number
  /** Called after each batch with how many streams were looked at. */
  readonly onProgress?: (reached: number) => void
  /** Abort it to stop after the batch at hand: another call goes on from there. */
  readonly signal?: AbortSignal
}

/** What has become of them. */
export interface MovedToFile {
  readonly streams: number
  readonly events: number
  /** Streams that are too large for a file. They stay where they are. */
  readonly leftOut: number
  readonly isInterrupted: boolean
}

/** Streams at most in one transaction. */
const MOST = 1_000

type FileMoves = Pick<
  Operator,
  'archivedStreams' | 'beginMoveToFile' | 'finishMoveToFile' | 'unusedRanges' | 'rangeOverwritten'
>

/** The first streams of a page, with so many events that more would be too many. */
const batchOf = (
  streams: ReadonlyArray<ListedArchivedStream>,
  most: number,
): ReadonlyArray<ListedArchivedStream> => {
  let events = 0
  const end = streams.findIndex((stream, index) => {
    events += stream.events
    return index > 0 && events > most
  })
  return end === -1 ? streams : streams.slice(0, end)
}

/**
 * Overwrites the ranges of archive files that hold nothing that counts. Killed, and called again, it goes on.
 *
 * Fails with `StoreFailed`, and as `overwrite` does.
 */
export const overwriteUnused =
  <Failure>(
    overwrite: (file: string, start: number, length: number) => TaskEither<Failure, void>,
    only?: string,
  ) =>
  ({
    operator,
  }: {
    readonly operator: Pick<Operator, 'unusedRanges' | 'rangeOverwritten'>
  }): TaskEither<StoreFailed | Failure, number> =>
  async () => {
    const unused = await operator.unusedRanges()()
    if (E.isLeft(unused)) return unused
    const ranges = unused.right.filter(({ file }) => only === undefined || file === only)
    for (const { range, file, start, length } of ranges) {
      const done = await overwrite(file, start, length)()
      if (E.isLeft(done)) return done
      const dropped = await operator.rangeOverwritten(range)()
      if (E.isLeft(dropped)) return dropped
    }
    return E.right(ranges.length)
  }

/** Writes a range, and reads it again. Answers the checksums of what is in the file then. */
const writeRange = async <Failure>(
  { write, read }: ArchiveFile<Failure>,
  { start, parts }: RangeToWrite,
): Promise<E.Either<Failure, ReadonlyArray<string>>> => {
  const encoder = new TextEncoder()
  const encoded = parts.map(({ content }) => encoder.encode(content))
  const bytes = new Uint8Array(encoded.reduce((total, { length }) => total + length, 0))
  let end = 0
  for (const part of encoded) {
    bytes.set(part, end)
    end += part.length
  }
  const wrote = await write(start, bytes)()
  if (E.isLeft(wrote)) return wrote
  const back = await read(start, bytes.length)()
  if (E.isLeft(back)) return back
  let from = 0
  return E.right(
    encoded.map(({ length }) => {
      from += length
      return sha256(back.right.subarray(from - length, from), 'hex')
    }),
  )
}

/**
 * Moves archived streams to a file, batch by batch: each is written, read again, and only then leaves the store, all of it or nothing.
 * Interrupted or killed, and called again, it goes on.
 *
 * Fails with `InvalidOperation` and `StoreFailed`, as `Operator.beginMoveToFile` and `finishMoveToFile` do, and as the file does.
 */
export const moveToFile =
  <Failure>({
    file,
    batch = 1_000,
    by,
    why,
    onProgress,
    signal,
    ...which
  }: MoveToFileOptions<Failure>) =>
  ({
    operator,
  }: {
    readonly operator: FileMoves
  }): TaskEither<StoreFailed | InvalidOperation | Failure, MovedToFile> => {
    const moveSome = async (
      streams: ReadonlyArray<StreamId>,
    ): Promise<E.Either<StoreFailed | InvalidOperation | Failure, ReadonlyArray<StreamId>>> => {
      const expects = file.isThere() ? 'known' : 'new'
      const begun = await operator.beginMoveToFile({ file: file.name, streams, expects })()
      if (E.isLeft(begun)) return begun
      const range = begun.right
      if (range === undefined) return E.right([])
      if (expects === 'known') {
        // What was given up by a process that was killed.
        const overwrite = (_name: string, start: number, length: number) =>
          file.overwrite(start, length)
        const overwritten = await overwriteUnused(overwrite, file.name)({ operator })()
        if (E.isLeft(overwritten)) return overwritten
      }
      const sums = await writeRange(file, range)
      if (E.isLeft(sums)) return sums
      const written = { range: range.range, sha256s: sums.right, by, why }
      const finished = await operator.finishMoveToFile(written)()
      if (E.isLeft(finished) && finished.left._tag === 'InvalidOperation') {
        const length = range.parts.reduce(
          (total, { content }) => total + new TextEncoder().encode(content).length,
          0,
        )
        await file.overwrite(range.start, length)() // one of its streams may have been erased
      }
      return finished
    }

    return async () => {
      let [after, streams, events, leftOut] = [0, 0, 0, 0]
      for (;;) {
        const page = await operator.archivedStreams({
          ...which,
          ...{ after, limit: MOST, where: 'store' },
        })()
        if (E.isLeft(page)) return page
        const some = batchOf(page.right.streams, batch)
        if (some.length > 0) {
          const moved = await moveSome(some.map(({ streamId }) => streamId))
          if (E.isLeft(moved)) return moved
          const ids = new Set(moved.right)
          for (const stream of some) {
            if (ids.has(stream.streamId)) {
              streams += 1
              events += stream.events
            } else leftOut += 1
          }
          onProgress?.(streams + leftOut)
        }
        after = some.at(-1)?.sequence ?? after
        const more = page.right.more || some.length < page.right.streams.length
        const isInterrupted = more && signal?.aborted === true
        if (!more || isInterrupted) return E.right({ streams, events, leftOut, isInterrupted })
      }
    }
  }

/** How many archived streams there are. */
export const countArchived =
  (which: Pick<ArchivedStreamsRange, 'where' | 'category' | 'closedBefore'>) =>
  ({
    operator,
  }: {
    readonly operator: Pick<Operator, 'archivedStreams'>
  }): TaskEither<StoreFailed, number> =>
  async () => {
    let [after, count] = [0, 0]
    for (;;) {
      const page = await operator.archivedStreams({ ...which, after, limit: MOST })()
      if (E.isLeft(page)) return page
      count += page.right.streams.length
      after = page.right.streams.at(-1)?.sequence ?? after
      if (!page.right.more) return E.right(count)
    }
  }
