import { createReadStream } from 'node:fs'
import type { SourceLine } from '../../core/transfer/parse-line'

const LINE_FEED = 10

/** How much is read at a time, in bytes, where nothing else is done meanwhile. */
const CHUNK = 1_048_576

/** And where something is: answers of a server are taken between two of them. */
export const SMALL_CHUNK = 131_072

/** Some whole lines of a file. */
export interface Piece {
  /** Each line ends with a line feed; the last one of the file may have none. */
  readonly bytes: Buffer
  /** Where they are in the file. */
  readonly offset: number
}

/** A file from a byte on, in pieces of whole lines. Rejects as the file system does. */
export async function* piecesOf(
  path: string,
  { start = 0, chunk: highWaterMark = CHUNK } = {},
): AsyncGenerator<Piece> {
  let offset = start
  let rest: Buffer[] = [] // the beginning of a line
  for await (const chunk of createReadStream(path, { start, highWaterMark })) {
    const read = chunk as Buffer
    const end = read.lastIndexOf(LINE_FEED) + 1
    if (end === 0) {
      rest.push(read)
      continue
    }
    const bytes = Buffer.concat([...rest, read.subarray(0, end)])
    rest = [read.subarray(end)]
    yield { bytes, offset }
    offset += bytes.length
  }
  const bytes = Buffer.concat(rest)
  if (bytes.length > 0) yield { bytes, offset }
}

/** Calls `take` with where each line begins and ends, without its line feed, until it answers `stop`. */
export const eachLine = (
  bytes: Buffer,
  take: (start: number, end: number) => 'go on' | 'stop',
): void => {
  let start = 0
  while (start < bytes.length) {
    const found = bytes.indexOf(LINE_FEED, start)
    const end = found === -1 ? bytes.length : found
    if (take(start, end) === 'stop') return
    start = end + 1
  }
}

/** The lines of a piece. `before`: how many lines of the file precede it. */
export const linesOf = ({ bytes, offset }: Piece, before: number): ReadonlyArray<SourceLine> => {
  const lines: SourceLine[] = []
  eachLine(bytes, (start, end) => {
    const place = { line: before + lines.length + 1, start: offset + start, length: end - start }
    lines.push({ ...place, bytes, from: start })
    return 'go on'
  })
  return lines
}
