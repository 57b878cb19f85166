import { closeSync, openSync, readSync } from 'node:fs'
import type { History } from './check-history'
import type { HistoryEntry } from './entries'

const CHUNK = 1 << 20

/** The lines of a file, one after another. A last line without its end is left out: its writer was killed. */
function* linesOf(path: string): Iterable<string> {
  const file = openSync(path, 'r')
  try {
    const decoder = new TextDecoder()
    const chunk = Buffer.allocUnsafe(CHUNK)
    let rest = ''
    for (;;) {
      const length = readSync(file, chunk, 0, CHUNK, null)
      if (length === 0) return
      const text = rest + decoder.decode(chunk.subarray(0, length), { stream: true })
      const lines = text.split('\n')
      rest = lines.pop() ?? ''
      yield* lines
    }
  } finally {
    closeSync(file)
  }
}

/** The line of an entry, as {@link historyFile} reads it. Ends with a line break. */
export const historyLine = (entry: HistoryEntry): string => `${JSON.stringify(entry)}\n`

const SHARE_AT = '{"of":"'.length

/** A history in a file of JSON lines. It is read again for every pass, and never as a whole. */
export const historyFile = (path: string): History => ({
  read: function* (skip) {
    for (const line of linesOf(path)) {
      if (!skip(line.slice(SHARE_AT, SHARE_AT + 2))) yield JSON.parse(line) as HistoryEntry
    }
  },
})
