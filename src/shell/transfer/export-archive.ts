import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import type { StoreFailed } from '../../core/errors/store'
import { type ArchiveRejected, archiveRejected } from '../../core/errors/transfer'
import type { ExportedCommand, Transfer } from '../../core/ports/transfer'
import type { Position } from '../../core/stream'
import { type ArchiveEnd, commandLine, eventLine, headerLine } from '../../core/transfer/archive'
import { type ArchiveLines, eventRow } from '../../core/transfer/rows'

/** An export that was interrupted, as far as its archive is complete. */
export interface ExportedSoFar {
  /** As its header says. */
  readonly lineage: string
  /** Of its last event; 0: it has none. */
  readonly after: Position
  readonly events: number
}

/** How a store is exported. */
export interface ExportOptions<Failure> {
  /** Writes lines at the end of the archive: a text, or its UTF-8. The next ones follow when that has ended. */
  readonly write: (lines: string | Uint8Array) => TaskEither<Failure, void>
  /** How events are written. What is there of the archive has the same. Default `json`. */
  readonly lines?: ArchiveLines
  /** Goes on with an archive, of which this is there. Omitted: begins a new one. */
  readonly soFar?: ExportedSoFar | undefined
  /** Called after each page. */
  readonly onProgress?: (reached: Position, target: Position) => void
}

/** Commands in one page. */
const COMMANDS = 5_000

type Source = Pick<Transfer, 'exportEvents' | 'exportLines' | 'exportRows'>

/** The events of a store as lines. */
const linesOf = (
  { exportEvents, exportLines, exportRows }: Source,
  lines: ArchiveLines,
): NonNullable<Transfer['exportLines']> => {
  const [write, faster] = lines === 'rows' ? [eventRow, exportRows] : [eventLine, exportLines]
  return (
    faster ??
    ((range, take) =>
      exportEvents(range, (page) =>
        take({
          lines: utf8(page.map((event) => write(event, event.position)).join('')),
          events: page.length,
          last: page.at(-1)?.position ?? range.after,
        }),
      ))
  )
}

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

/**
 * Writes everything that a store holds, as it is now, into an archive: the header, the events in the order of their positions,
 * the commands that were handled. Answers what the last line of the archive is to say, but for the checksum.
 *
 * Fails with
 * - `ArchiveRejected`: what is there was begun from another store, or before this one was restored.
 * - `StoreFailed`: the store rejected the query or did not answer.
 * - what `write` fails with.
 */
export const exportArchive =
  <Failure>({ write, lines: kind = 'json', soFar, onProgress }: ExportOptions<Failure>) =>
  ({
    transfer,
  }: {
    readonly transfer: Source & Pick<Transfer, 'exportStart' | 'exportCommands'>
  }): TaskEither<StoreFailed | ArchiveRejected | Failure, Omit<ArchiveEnd, 'sha256'>> =>
  async () => {
    const start = await transfer.exportStart()()
    if (E.isLeft(start)) return start
    const { lineage, upTo, completeTags } = start.right
    if (soFar !== undefined && (soFar.lineage !== lineage || soFar.after > upTo)) {
      return E.left(archiveRejected('OtherStore'))
    }
    if (soFar === undefined) {
      const begun = await write(headerLine({ lineage, completeTags, lines: kind }))()
      if (E.isLeft(begun)) return begun
    }

    let events = soFar?.events ?? 0
    const range = { after: soFar?.after ?? 0, upTo }
    const exported = await linesOf(transfer, kind)(
      range,
      ({ lines, events: some, last }) =>
        async () => {
          const written = await write(lines)()
          if (E.isLeft(written)) return written
          events += some
          onProgress?.(last, upTo)
          return written
        },
    )()
    if (E.isLeft(exported)) return exported

    let commands = 0
    let after: ExportedCommand | undefined
    for (;;) {
      const more = after === undefined ? {} : { after }
      const page = await transfer.exportCommands({ ...more, upTo, limit: COMMANDS })()
      if (E.isLeft(page)) return page
      const written = await write(page.right.map(commandLine).join(''))()
      if (E.isLeft(written)) return written
      commands += page.right.length
      after = page.right.at(-1)
      if (page.right.length < COMMANDS) break
    }
    onProgress?.(upTo, upTo)
    return E.right({ events, commands, upTo })
  }
