import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import { LRUCache } from 'lru-cache'
import { storeFailed, type StoreFailed } from '../core/errors/store'
import type { FilePlace } from '../core/operator/moving-to-files'
import type { ArchiveFiles } from '../core/ports/archive-files'
import type { ExportedEvent } from '../core/ports/transfer'
import type { StreamId } from '../core/stream'
import { parseArchivedContent } from '../core/transfer/archived-content'
import { sha256 } from '../platform/node'

/** All events of an archived stream from its place in a file, oldest first. */
export type ReadArchived = (
  streamId: StreamId,
  place: FilePlace,
) => TaskEither<StoreFailed, ReadonlyArray<ExportedEvent>>

/** What was read last is kept, so that a stream is not read once for each page: so many bytes of files, */
const KEPT_BYTES = 33_554_432
/** and so long, in milliseconds. */
const KEPT_FOR = 10_000

const unreadable = (problem: string, cause?: unknown): E.Either<StoreFailed, never> =>
  E.left(storeFailed('ArchiveUnreadable', 'nothingWritten', cause, problem))

const bytesOf = async (
  { read }: ArchiveFiles,
  { file, start, length }: FilePlace,
): Promise<E.Either<unknown, Uint8Array>> => {
  try {
    return await read(file, start, length)()
  } catch (error) {
    return E.left(error)
  }
}

/**
 * Reads archived streams from files. What is not exactly what was written is refused.
 *
 * @param files - where they are. `undefined`: every read is refused.
 *
 * @example
 * const readArchived = readArchivedFrom(archiveDirectory('/var/archive'))
 */
export const readArchivedFrom = (files: ArchiveFiles | undefined): ReadArchived => {
  const kept = new LRUCache<string, ReadonlyArray<ExportedEvent>>({
    maxSize: KEPT_BYTES,
    ttl: KEPT_FOR,
  })
  return (streamId, place) => async () => {
    const { file, start, length } = place
    const events = `the events of ${streamId} are in the archive file ${file} (${length} bytes from ${start} on)`
    if (files === undefined) {
      return unreadable(
        `${events}, and this process does not know where archive files are: give \`archiveFiles\`, or --archives <folder> on the command line`,
      )
    }
    const key = `${place.sha256} ${streamId}`
    const known = kept.get(key)
    if (known !== undefined) return E.right(known)
    const bytes = await bytesOf(files, place)
    if (E.isLeft(bytes)) {
      return unreadable(
        `${events}, which cannot be read: put the file back where archive files are, from a copy if need be`,
        bytes.left,
      )
    }
    if (sha256(bytes.right, 'hex') !== place.sha256) {
      return unreadable(
        `${events}, and these are not the bytes that were written: take the file from a copy`,
      )
    }
    const parsed = parseArchivedContent(streamId, new TextDecoder().decode(bytes.right))
    if (E.isLeft(parsed)) return unreadable(`${events}, and ${parsed.left}`)
    kept.set(key, parsed.right, { size: Math.max(length, 1) })
    return parsed
  }
}
