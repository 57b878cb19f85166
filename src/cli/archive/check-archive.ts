import { isUtf8 } from 'node:buffer'
import { createHash } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { setImmediate } from 'node:timers/promises'
import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import { type ArchiveProblem, archiveRejected } from '../../core/errors/transfer'
import type { SourceLine } from '../../core/transfer/parse-line'
import {
  type ArchiveEnd,
  type ArchiveHeader,
  parseHeader,
  parseLine,
} from '../../core/transfer/archive'
import type { ArchiveSource } from '../../shell/transfer/import-archive'
import { type CliFailure, failed, failure } from '../failure'
import { idFilter } from './duplicate-ids'
import { eachLine, linesOf, partsOf, piecesOf } from './pieces'

/** An archive that is whole, and as it was exported. */
export interface CheckedArchive extends ArchiveSource<CliFailure> {
  readonly end: ArchiveEnd
  /** In bytes. */
  readonly size: number
}

/** How many bytes the line of an event has at least, about. */
const SHORT_LINE = 150

const ID = Buffer.from('{"id":"')
const ID_LENGTH = 36
const [TAB, BRACE] = [9, 123]

/** The id of an event, as bytes in which it begins somewhere. */
interface IdPlace {
  readonly bytes: Buffer
  readonly at: number
}

const startsWith = (bytes: Buffer, start: number, expected: Buffer): boolean => {
  for (let index = 0; index < expected.length; index++) {
    if (bytes[start + index] !== expected[index]) return false
  }
  return true
}

/** The id of the event in a line, or `undefined`. The exporter writes it first. */
const idIn = (bytes: Buffer, start: number, end: number): IdPlace | undefined => {
  if (startsWith(bytes, start, ID)) return { bytes, at: start + ID.length }
  if (bytes[start] !== BRACE && bytes[start + ID_LENGTH] === TAB) return { bytes, at: start } // a row
  const line = parseLine(bytes.toString('utf8', start, end))
  return E.isRight(line) && line.right._tag === 'Event'
    ? { bytes: Buffer.from(line.right.event.id), at: 0 }
    : undefined
}

const idText = ({ bytes, at }: IdPlace): string =>
  bytes.toString('latin1', at, at + ID_LENGTH).toLowerCase()

/** Of ids that several lines have, the first of those lines. `suspects`: no other is looked at. */
const duplicatesOf = async (
  path: string,
  suspects: ReadonlySet<string>,
): Promise<ReadonlyMap<string, number>> => {
  const firsts = new Map<string, number>()
  const duplicates = new Map<string, number>()
  if (suspects.size === 0) return duplicates
  let line = 0
  for await (const { bytes } of piecesOf(path)) {
    eachLine(bytes, (start, end) => {
      line += 1
      const place = idIn(bytes, start, end)
      const id = place === undefined ? undefined : idText(place)
      if (id === undefined || !suspects.has(id)) return 'go on'
      const first = firsts.get(id)
      if (first === undefined) firsts.set(id, line)
      else duplicates.set(id, first)
      return 'go on'
    })
  }
  return duplicates
}

const noFile = (path: string, error: unknown): CliFailure =>
  failure(
    'FileNotRead',
    `${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
  )

/** Of lines that are taken in one go, in bytes: a millisecond's work. */
const PART = 32_768

/** Between two parts the answers of a server are taken. */
async function* linesAfter(
  path: string,
  lines: number,
  bytes: number,
): AsyncGenerator<E.Either<CliFailure, ReadonlyArray<SourceLine>>> {
  let before = lines
  try {
    for await (const piece of piecesOf(path, bytes)) {
      for (const part of partsOf(piece, PART)) {
        const some = linesOf(part, before)
        before += some.length
        yield E.right(some)
        await setImmediate()
      }
    }
  } catch (error) {
    yield E.left(noFile(path, error))
  }
}

const check = async (
  path: string,
  onProgress: (bytes: number, size: number) => void,
): Promise<E.Either<CliFailure, CheckedArchive>> => {
  const rejected = (problem: ArchiveProblem) => E.left(failed(archiveRejected(problem)))
  const { size } = await stat(path)
  const ids = idFilter(size / SHORT_LINE)
  const suspects = new Set<string>()
  const hash = createHash('sha256')
  let header: ArchiveHeader | undefined
  let last: Buffer = Buffer.alloc(0) // the line that is the last one so far
  for await (const { bytes, offset } of piecesOf(path)) {
    if (!isUtf8(bytes)) return rejected('NotUtf8')
    if (header === undefined) {
      const first = bytes.indexOf(10)
      const parsed = parseHeader(bytes.toString('utf8', 0, first === -1 ? bytes.length : first))
      if (E.isLeft(parsed)) return E.left(failed(parsed.left))
      header = parsed.right
    }
    let lastStart = 0
    eachLine(bytes, (start, end) => {
      lastStart = start
      const id = idIn(bytes, start, end)
      if (id !== undefined && ids.add(id.bytes, id.at, ID_LENGTH)) suspects.add(idText(id))
      return 'go on'
    })
    hash.update(last).update(bytes.subarray(0, lastStart))
    last = Buffer.from(bytes.subarray(lastStart))
    onProgress(offset + bytes.length, size)
  }
  if (header === undefined) return rejected('NotAnArchive')
  const end = parseLine(last.toString('utf8').trimEnd())
  if (E.isLeft(end) || end.right._tag !== 'End') return rejected('Truncated')
  const { sha256 } = end.right.end
  if (hash.digest('hex') !== sha256) return rejected('ChecksumWrong')
  return E.right({
    ...{ archive: sha256, header, end: end.right.end, size },
    duplicates: await duplicatesOf(path, suspects),
    linesAfter: (lines, bytes) => linesAfter(path, lines, bytes),
  })
}

/**
 * Reads an archive from its beginning to its end, before anything of it is imported.
 *
 * Fails with `ArchiveRejected`, or because the file cannot be read.
 */
export const checkArchive =
  (
    path: string,
    onProgress: (bytes: number, size: number) => void,
  ): TaskEither<CliFailure, CheckedArchive> =>
  async () => {
    try {
      return await check(path, onProgress)
    } catch (error) {
      return E.left(noFile(path, error))
    }
  }
