import * as E from 'fp-ts/Either'
import type { Issue } from '../issue'
import type { RawEvent, Refusal } from '../ports/transfer'
import type { ArchiveLine } from './archive'
import { encodedEvents, JSON_LINE, ROW_LINE } from './encoded-event'
import { type ArchiveLines, parseAny } from './rows'

/** A line of an archive, and where it is. */
export interface SourceLine extends Pick<Refusal, 'line' | 'start' | 'length'> {
  /** In UTF-8. */
  readonly bytes: Uint8Array
  /** Where it begins in them. */
  readonly from: number
}

/** What a line says; its event may be as it was read. */
export type ParsedLine = ArchiveLine | { readonly _tag: 'Event'; readonly event: RawEvent }

/** Reads any line of an archive but the first, or says why it is none. */
export type ParseLine = (line: SourceLine) => E.Either<ReadonlyArray<Issue>, ParsedLine>

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** Reads the lines of one archive. */
export const lineParser = (lines: ArchiveLines): ParseLine => {
  const eventIn = encodedEvents(lines === 'rows' ? ROW_LINE : JSON_LINE)
  return ({ bytes, from, length }) => {
    const event = eventIn(bytes, from, from + length)
    return event === undefined
      ? parseAny(lines, decoder.decode(bytes.subarray(from, from + length)))
      : E.right({ _tag: 'Event', event })
  }
}
