import { closeSync, openSync, readSync } from 'node:fs'
import type { History } from './check-history'
import type { HistoryEntry } from './entries'

const CHUNK = 1 << 20
const LINE_BREAK = 10

/** Where the share stands in a line. */
const SHARE_AT = '{"of":"'.length

/**
 * The line of an entry, as {@link historyFile} reads it. Ends with a line break.
 *
 * @example
 * appendFileSync('client-1.jsonl', historyLine(entry))
 */
export const historyLine = (entry: HistoryEntry): string => `${JSON.stringify(entry)}\n`

/**
 * A history in a file of JSON lines. It is read again for every pass, and never as a whole; what a pass does not need is
 * not even parsed. A last line without its end is left out: its writer was killed.
 *
 * Throws what the file system throws.
 *
 * @example
 * const violations = checkHistory(historyFile('client-1.jsonl'))
 */
export const historyFile = (path: string): History => ({
  read: function* (skip) {
    const file = openSync(path, 'r')
    try {
      let rest = Buffer.alloc(0)
      for (;;) {
        const chunk = Buffer.allocUnsafe(rest.length + CHUNK)
        rest.copy(chunk)
        const length = readSync(file, chunk, rest.length, CHUNK, null)
        if (length === 0) return
        const bytes = chunk.subarray(0, rest.length + length)
        let start = 0
        for (
          let end = bytes.indexOf(LINE_BREAK);
          end >= 0;
          end = bytes.indexOf(LINE_BREAK, start)
        ) {
          if (!skip(bytes.toString('latin1', start + SHARE_AT, start + SHARE_AT + 2))) {
            yield JSON.parse(bytes.toString('utf8', start, end)) as HistoryEntry
          }
          start = end + 1
        }
        rest = bytes.subarray(start)
      }
    } finally {
      closeSync(file)
    }
  },
})
