import { type FileHandle, open } from 'node:fs/promises'
import type { SourceLine } from '../../core/transfer/parse-line'

const LINE_FEED = 10

/** How much is read at a time, in bytes. */
const CHUNK = 1_048_576

/** Some whole lines of a file. */
export interface Piece {
  /** Each line ends with a line feed; the last one of the file may have none. */
  readonly bytes: Buffer
  /** Where they are in the file. */
  readonly offset: number
}

/** Reads until the bytes are full, or the file ends. Answers how many there are then. */
const fill = async (file: FileHandle, bytes: Buffer, from: number, at: number): Promise<number> => {
  let end = from
  while (end < bytes.length) {
    const { bytesRead } = await file.read(bytes, end, bytes.length - end, at + end - from)
    if (bytesRead === 0) break
    end += bytesRead
  }
  return end
}

/** A file from a byte on, in pieces of whole lines. Rejects as the file system does. */
export async function* piecesOf(path: string, start = 0): AsyncGenerator<Piece> {
  const file = await open(path)
  try {
    let offset = start
    let rest = Buffer.alloc(0) // the beginning of a line
    for (;;) {
      // Each piece is read into memory of its own: what takes it may keep it.
      const bytes = Buffer.allocUnsafeSlow(rest.length + CHUNK)
      rest.copy(bytes)
      const read = await fill(file, bytes, rest.length, offset + rest.length)
      const isLast = read < bytes.length
      const end = isLast ? read : bytes.lastIndexOf(LINE_FEED) + 1
      if (end > 0) yield { bytes: bytes.subarray(0, end), offset }
      if (isLast) return
      offset += end
      rest = bytes.subarray(end)
    }
  } finally {
    await file.close()
  }
}

/** A piece in parts of whole lines, each of about so many bytes. */
export function* partsOf({ bytes, offset }: Piece, size: number): Generator<Piece> {
  let start = 0
  while (start < bytes.length) {
    const found = bytes.indexOf(LINE_FEED, start + size - 1)
    const end = found === -1 ? bytes.length : found + 1
    yield { bytes: bytes.subarray(start, end), offset: offset + start }
    start = end
  }
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
    const line = before + lines.length + 1
    lines.push({ line, start: offset + start, length: end - start, bytes, from: start })
    return 'go on'
  })
  return lines
}
