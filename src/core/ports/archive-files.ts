import type { TaskEither } from 'fp-ts/TaskEither'

/** Where archive files are read: a folder, or an object storage that answers ranges. */
export interface ArchiveFiles {
  /**
   * Some bytes of a file. Whatever it fails with becomes the cause of a `StoreFailed` with reason `ArchiveUnreadable`, as do fewer
   * bytes.
   *
   * @param file - its name, without a folder: never with a slash.
   * @param start - where the first byte is, counted from 0.
   * @param length - how many bytes. 1 or more.
   */
  readonly read: (file: string, start: number, length: number) => TaskEither<unknown, Uint8Array>
}
