import { createHash, type Hash } from 'node:crypto'
import { access, open, rename, truncate } from 'node:fs/promises'
import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import { archiveRejected } from '../../core/errors/transfer'
import { type ArchiveEnd, endLine, parseHeader } from '../../core/transfer/archive'
import { type ArchiveLines, isRow, parseAny } from '../../core/transfer/rows'
import type { ExportedSoFar } from '../../shell/transfer/export-archive'
import { type CliFailure, failed, failure, usage } from '../failure'
import { eachLine, piecesOf } from './pieces'

/** An archive that is being written: until it is complete it has another name. */
export interface PartFile {
  /** What is there from an export that was interrupted. */
  readonly soFar: ExportedSoFar | undefined
  readonly write: (lines: string | Uint8Array) => TaskEither<CliFailure, void>
  /** Writes the last line, and gives the file its name. */
  readonly finish: (end: Omit<ArchiveEnd, 'sha256'>) => TaskEither<CliFailure, void>
  readonly close: () => Promise<void>
}

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )

interface Kept {
  readonly soFar: ExportedSoFar | undefined
  /** Bytes. What comes after them is written again. */
  readonly length: number
  readonly hash: Hash
}

/** Of a header, which may have been cut off. */
const BEGINNING = '{"reprise":"archive"'

const otherLines = (part: string): CliFailure =>
  usage(`${part} was begun in the other format: name that one, or remove the file.`)

/** What of an interrupted export is kept: up to its last event. */
const keptOf = async (part: string, wanted: ArchiveLines): Promise<E.Either<CliFailure, Kept>> => {
  const hash = createHash('sha256')
  const nothing: Kept = { soFar: undefined, length: 0, hash }
  if (!(await isThere(part))) return E.right(nothing)
  let lineage: string | undefined
  let lines: ArchiveLines = wanted
  let [length, events, after, isOver] = [0, 0, 0, false]
  for await (const { bytes, offset } of piecesOf(part)) {
    let kept = 0
    let event = ''
    eachLine(bytes, (start, end) => {
      if (end === bytes.length) return 'stop' // cut off
      const beginning = bytes.toString('latin1', start, start + 6)
      const isEvent = beginning === '{"id":' || isRow(lines, beginning)
      if (lineage === undefined) {
        const header = parseHeader(bytes.toString('utf8', start, end))
        if (E.isRight(header)) ({ lineage, lines } = header.right)
      } else if (isEvent) {
        events += 1
        event = bytes.toString('utf8', start, end)
      } else {
        isOver = true
        return 'stop'
      }
      kept = end + 1
      return lineage === undefined ? 'stop' : 'go on'
    })
    if (lineage === undefined) {
      const text = bytes.toString('utf8')
      const isCutOff = text.startsWith(BEGINNING) || BEGINNING.startsWith(text)
      return isCutOff ? E.right(nothing) : E.left(failed(archiveRejected('NotAnArchive')))
    }
    if (lines !== wanted) return E.left(otherLines(part))
    const last = event === '' ? undefined : parseAny(lines, event)
    if (last !== undefined && E.isRight(last) && last.right._tag === 'Event') {
      after = last.right.position
    }
    hash.update(bytes.subarray(0, kept))
    length = offset + kept
    if (isOver) break
  }
  return E.right(
    lineage === undefined ? nothing : { soFar: { lineage, after, events }, length, hash },
  )
}

const notWritten =
  (path: string) =>
  (error: unknown): CliFailure =>
    failure(
      'FileNotWritten',
      `${path} cannot be written: ${error instanceof Error ? error.message : String(error)}. What is there is kept: run the command again to go on.`,
    )

const opened = async (
  path: string,
  lines: ArchiveLines,
): Promise<E.Either<CliFailure, PartFile>> => {
  const part = `${path}.part`
  if (await isThere(path)) {
    return E.left(usage(`${path} is there already: give another name, or remove it.`))
  }
  const found = await keptOf(part, lines)
  if (E.isLeft(found)) return found
  const { soFar, length, hash } = found.right
  if (await isThere(part)) await truncate(part, length)
  const file = await open(part, 'a')
  const trying =
    (work: () => Promise<void>): TaskEither<CliFailure, void> =>
    async () => {
      try {
        await work()
        return E.right(undefined)
      } catch (error) {
        return E.left(notWritten(part)(error))
      }
    }
  const write = (lines: string | Uint8Array) =>
    trying(async () => {
      if (lines.length === 0) return
      const bytes = typeof lines === 'string' ? Buffer.from(lines) : lines
      hash.update(bytes)
      await file.appendFile(bytes)
    })
  return E.right({
    soFar,
    write,
    finish: (end) =>
      trying(async () => {
        await file.appendFile(endLine({ ...end, sha256: hash.digest('hex') }))
        await file.sync()
        await rename(part, path)
      }),
    close: () => file.close(),
  })
}

/**
 * Opens an archive for writing, or goes on with one that was interrupted.
 *
 * Fails if there is a file of that name, if what is there is no part of an archive, or if it cannot be written.
 */
export const openPart =
  (path: string, lines: ArchiveLines): TaskEither<CliFailure, PartFile> =>
  async () => {
    try {
      return await opened(path, lines)
    } catch (error) {
      return E.left(notWritten(`${path}.part`)(error))
    }
  }
