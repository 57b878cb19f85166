import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { isFileName } from '../core/operator/moving-to-files'
import type { ArchiveFiles } from '../core/ports/archive-files'
import { readRange } from '../platform/node'

/**
 * Archive files in a folder of this machine.
 *
 * @example
 * const backend = postgres(pool, { archiveFiles: archiveDirectory('/var/archive') })
 */
export const archiveDirectory = (folder: string): ArchiveFiles => ({
  read: (file, start, length) =>
    isFileName(file)
      ? TE.tryCatch(() => readRange(`${folder}/${file}`, start, length), E.toError)
      : TE.left(new Error(`${file} is no name of a file`)),
})
