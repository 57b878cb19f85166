import assert from 'node:assert/strict'
import * as TE from 'fp-ts/TaskEither'
import type { RangeToWrite } from '../../core/operator/moving-to-files'
import type { ArchiveFiles } from '../../core/ports/archive-files'
import type { StreamId } from '../../core/stream'
import { succeeds } from '../store-contract/checks'
import { by, why } from './archived'
import type { Operated } from './subject'

/** Archive files in the memory of a test. */
export interface TestFiles extends ArchiveFiles {
  readonly bytes: Map<string, Buffer>
  readonly write: (file: string, start: number, content: string) => void
}

export const testFiles = (): TestFiles => {
  const bytes = new Map<string, Buffer>()
  return {
    bytes,
    read: (file, start, length) => {
      const known = bytes.get(file)
      return known === undefined || known.length < start + length
        ? TE.left(new Error(`there is no such range of ${file}`))
        : TE.right(new Uint8Array(known.subarray(start, start + length)))
    },
    write: (file, start, content) => {
      const known = bytes.get(file) ?? Buffer.alloc(0)
      const part = Buffer.from(content)
      const all = Buffer.alloc(Math.max(known.length, start + part.length))
      known.copy(all)
      part.copy(all, start)
      bytes.set(file, all)
    },
  }
}

export const sha256Of = async (content: string | Buffer): Promise<string> => {
  const digest = await crypto.subtle.digest('SHA-256', new Uint8Array(Buffer.from(content)))
  return Buffer.from(digest).toString('hex')
}

/** Writes a range. Answers what is to be finished. */
export const written = async (
  { files }: Operated,
  file: string,
  { range, start, parts }: RangeToWrite,
) => {
  files.write(file, start, parts.map(({ content }) => content).join(''))
  const sha256s = await Promise.all(parts.map(({ content }) => sha256Of(content)))
  return { range, by, why, sha256s }
}

/** Begins to move streams to a file. */
export const begun = async (
  { operator }: Operated,
  file: string,
  streams: ReadonlyArray<StreamId>,
  expects: 'known' | 'new' = 'new',
): Promise<RangeToWrite> => {
  const range = await succeeds(operator.beginMoveToFile({ file, streams, expects }))
  assert.ok(range !== undefined, 'there is something to write')
  return range
}

/** Moves streams to a file. */
export const moved = async (
  subject: Operated,
  file: string,
  streams: ReadonlyArray<StreamId>,
  expects: 'known' | 'new' = 'new',
): Promise<void> => {
  const range = await begun(subject, file, streams, expects)
  await succeeds(subject.operator.finishMoveToFile(await written(subject, file, range)))
}

/** The ids of archived streams. */
export const idsIn = async ({ operator }: Operated, where: 'store' | 'files') =>
  (await succeeds(operator.archivedStreams({ after: 0, limit: 100, where }))).streams.map(
    ({ streamId }) => streamId,
  )
