import { hasControlCharacter } from '../code-points'
import { invalidOperation, type InvalidOperation } from '../errors/operator'
import { type StreamId, streamIdError } from '../stream'
import { type ArchivedStream, MOST_STREAMS } from './archiving'
import { actionProblem } from './audit'
import { reasonProblem } from './erasure'

/** Some bytes of an archive file. */
export interface FileRange {
  /** Its name, without the folder. */
  readonly file: string
  /** Where the first byte is, counted from 0. */
  readonly start: number
  /** In bytes. 1 or more. */
  readonly length: number
}

/** Where the events of an archived stream are in an archive file. */
export interface FilePlace extends FileRange {
  /** SHA-256 of these bytes, in hexadecimal digits. */
  readonly sha256: string
}

/** Which archived streams. */
export interface ArchivedStreamsRange {
  /** Only those that were archived later: the `sequence` of the last one of the page before. 0: from the first one. */
  readonly after: number
  /** Streams at most in this page. 1 or more. */
  readonly limit: number
  /** `store`: those whose events are in the archive of the store. `files`: those whose events are in files. */
  readonly where: 'store' | 'files'
  /** Only this category. Omitted: all. */
  readonly category?: string
  /** Only those that were closed before this time. Milliseconds since 1970-01-01 UTC. Omitted: all. */
  readonly closedBefore?: number
}

/** An archived stream, and where it is. */
export interface ListedArchivedStream extends ArchivedStream {
  /** Its place in the order of archiving. Increasing, with gaps; 1 or more. */
  readonly sequence: number
  /** Omitted: its events are in the archive of the store. */
  readonly place?: FilePlace
}

export interface ArchivedStreamsPage {
  /** In the order in which they were archived. */
  readonly streams: ReadonlyArray<ListedArchivedStream>
  /** Whether there are later ones. Exact. */
  readonly more: boolean
}

/** Which archived streams go into which file. */
export interface MoveToFile {
  /** The name of the file, without the folder. 1 to 255 characters, none of them a slash, a backslash or a control character. */
  readonly file: string
  /** Each once; 1 to 1,000. Those whose events are not in the archive of the store are left out. */
  readonly streams: ReadonlyArray<StreamId>
  /** `known`: the file is there. `new`: it is not. */
  readonly expects: 'known' | 'new'
}

/** What is to be written, and where. */
export interface RangeToWrite {
  /** Its number. */
  readonly range: number
  /** Where its first byte is in the file. */
  readonly start: number
  /** Of each stream, in the order in which they are written, without anything between them: what is written, in UTF-8. */
  readonly parts: ReadonlyArray<{ readonly streamId: StreamId; readonly content: string }>
}

/** A range that was written. */
export interface WrittenRange {
  /** Its number. */
  readonly range: number
  /** Of the bytes of each part, as they were read from the file afterwards: SHA-256 in hexadecimal digits. */
  readonly sha256s: ReadonlyArray<string>
  /** Who has decided it. 1 to 255 characters, none of them a control character. */
  readonly by: string
  /** Why. 1 to 2,000 characters. It is kept for ever: name no person. */
  readonly why: string
}

/** Bytes of an archive file that hold nothing that counts, and are to be overwritten. */
export interface UnusedRange extends FileRange {
  /** Its number, for `Operator.rangeOverwritten`. */
  readonly range: number
}

/** What a stream may have in a file, in bytes: a read of a page reads all of it. */
export const MOST_BYTES = 67_108_864

const MOST_CHARACTERS = 255

/** Whether a text can be the name of a file in a folder, on every system. */
export const isFileName = (name: string): boolean =>
  name.length >= 1 &&
  name.length <= MOST_CHARACTERS &&
  name !== '.' &&
  name !== '..' &&
  !/[/\\]/.test(name) &&
  !hasControlCharacter(name) &&
  name.isWellFormed()

/**
 * Why nothing can be written with this, or `undefined`. Every store calls it first.
 *
 * @example
 * moveToFileProblem({ file: 'a/b', streams: ['account-A1'], expects: 'new' })?._tag // 'InvalidOperation'
 */
export const moveToFileProblem = ({ file, streams }: MoveToFile): InvalidOperation | undefined => {
  if (!isFileName(file)) {
    return invalidOperation('name of the file', 'must have 1 to 255 characters, without a slash')
  }
  if (streams.length < 1 || streams.length > MOST_STREAMS) {
    return invalidOperation('list of streams', `must name 1 to ${MOST_STREAMS}`)
  }
  if (new Set(streams).size < streams.length) {
    return invalidOperation('list of streams', 'names one twice')
  }
  return streams.some((streamId) => streamIdError(streamId) !== undefined)
    ? invalidOperation('list of streams', 'names one that is not valid')
    : undefined
}

/**
 * The same for what was written.
 *
 * @example
 * writtenRangeProblem({ range: 1, sha256s: [], by: '', why: 'ticket 4711' })?._tag // 'InvalidOperation'
 */
export const writtenRangeProblem = ({ by, why }: WrittenRange): InvalidOperation | undefined =>
  actionProblem({ operator: by, action: 'move to file', subject: 'archive', detail: {} }) ??
  reasonProblem(why)

/** Why a range of a file is not given out. */
export type FileRefusal = 'unknown' | 'lost' | 'elsewhere'

/**
 * The refusal of a file, for people.
 *
 * @example
 * fileRefused('2025.ndjson', 'unknown')._tag // 'InvalidOperation'
 */
export const fileRefused = (file: string, why: FileRefusal): InvalidOperation => {
  switch (why) {
    case 'unknown':
      return invalidOperation(
        'file',
        `${file} is there, and this store has not begun it: give another name`,
      )
    case 'lost':
      return invalidOperation(
        'file',
        `${file} is not there, and archived streams are in it: put it back, or give another name`,
      )
    case 'elsewhere':
      return invalidOperation(
        'file',
        `${file} was begun before this store was restored, or split: give another name`,
      )
  }
}

/**
 * Another process writes to the same file, or one of the streams was erased meanwhile.
 *
 * @param range - its number.
 *
 * @example
 * rangeGivenUp(3)._tag // 'InvalidOperation'
 */
export const rangeGivenUp = (range: number): InvalidOperation =>
  invalidOperation(
    'range',
    `${range} of the file was given up: another process writes to this file, or a stream of it was erased. Run it again`,
  )

/**
 * What is in the file is not what was to be written.
 *
 * @param range - its number.
 *
 * @example
 * rangeDiffers(3)._tag // 'InvalidOperation'
 */
export const rangeDiffers = (range: number): InvalidOperation =>
  invalidOperation('range', `${range} of the file does not hold what was to be written`)
