import * as E from 'fp-ts/Either'
import type { Refusal } from '../ports/transfer'
import { parseLine } from './archive'
import { encodedEvents, JSON_LINE } from './encoded-event'

/** A line of an archive, and where it is. */
export interface SourceLine extends Pick<Refusal, 'line' | 'start' | 'length'> {
  /** In UTF-8. */
  readonly bytes: Uint8Array
  /** Where it begins in them. */
  readonly from: number
}

/** Reads any line of an archive but the first. */
export type ParseLine = (line: SourceLine) => ReturnType<typeof parseLine>

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** Reads the lines of one archive. */
export const lineParser = (): ParseLine => {
  const eventIn = encodedEvents(JSON_LINE)
  return ({ bytes, from, length }) => {
    const event = eventIn(bytes, from, from + length)
    return event === undefined
      ? parseLine(decoder.decode(bytes.subarray(from, from + length)))
      : E.right({ _tag: 'Event', event, position: 0 }) // an import gives it another one
  }
}
