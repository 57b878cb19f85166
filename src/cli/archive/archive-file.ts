import { existsSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import type { ArchiveFile } from '../../shell/transfer/move-to-file'
import { type CliFailure, failure } from '../failure'

const [SPACE, LINE_FEED, CHUNK] = [32, 10, 1_048_576]

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** Works on a file. */
const using =
  <Answer>(
    path: string,
    opening: () => Promise<FileHandle>,
    work: (file: FileHandle) => Promise<Answer>,
  ): TaskEither<CliFailure, Answer> =>
  async () => {
    try {
      const file = await opening()
      try {
        return E.right(await work(file))
      } finally {
        await file.close()
      }
    } catch (error) {
      return E.left(
        failure(
          'FileNotWritten',
          `${path} cannot be written: ${wordsOf(error)}. What has moved there is kept, all else is in the store: run the command again to go on.`,
        ),
      )
    }
  }

const writeAll = async (file: FileHandle, start: number, bytes: Uint8Array): Promise<void> => {
  for (let done = 0; done < bytes.length;) {
    const rest = bytes.length - done
    const { bytesWritten } = await file.write(bytes, done, rest, start + done)
    done += bytesWritten
  }
}

/** The name of a new file must be on the disk, too. */
const syncFolder = async (path: string): Promise<void> => {
  const folder = await open(dirname(path), 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

/** Replaces what is in a part of a file by spaces and a line feed. It does not get longer by that. */
export const overwriteIn = (
  path: string,
  start: number,
  length: number,
): TaskEither<CliFailure, void> =>
  using(
    path,
    () => open(path, 'r+'),
    async (file) => {
      const { size } = await file.stat()
      const end = Math.min(start + length, size)
      for (let at = start; at < end; at += CHUNK) {
        const spaces = Buffer.alloc(Math.min(CHUNK, end - at), SPACE)
        if (at + spaces.length === start + length) spaces[spaces.length - 1] = LINE_FEED
        await writeAll(file, at, spaces)
      }
      await file.sync()
    },
  )

/** A file that archived streams are moved to. */
export const archiveFile = (path: string): ArchiveFile<CliFailure> => {
  const isThere = (): boolean => existsSync(path)
  return {
    name: basename(path),
    isThere,
    write: (start, bytes) => {
      const isNew = !isThere()
      return using(
        path,
        () => open(path, isNew ? 'wx' : 'r+'), // who makes it beside this one fails
        async (file) => {
          await writeAll(file, start, bytes)
          await file.sync()
          if (isNew) await syncFolder(path)
        },
      )
    },
    read: (start, length) =>
      using(
        path,
        () => open(path, 'r'),
        async (file) => {
          const bytes = Buffer.alloc(length)
          let done = 0
          while (done < length) {
            const { bytesRead } = await file.read(bytes, done, length - done, start + done)
            if (bytesRead === 0) break
            done += bytesRead
          }
          return bytes.subarray(0, done)
        },
      ),
    overwrite: (start, length) => overwriteIn(path, start, length),
  }
}
