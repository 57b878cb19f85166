import { categoryOf, type StreamId } from '../../core/stream'
import { partitionOf } from '../../core/partition'
import { sha256 } from '../../platform/node'

// Subjects of one store, all below its name:
//   <name>.ev.<partition>.<category>.<id>            the commits of a stream
//   <name>.mk.<partition>.<category>.<id>.<command>  a command that was handled, in the same JetStream stream
//   <name>.sn.<schema version>.<category>.<id>       the newest snapshot
//   <name>.tg                                        which categories have tags

const PLAIN = /^[A-Za-z0-9_-]+$/

/** The longest token of a command id: with the longest stream id the subject still fits into a line of the protocol. */
const LONGEST_COMMAND = 512

const isPlainByte = (byte: number): boolean =>
  (byte >= 0x30 && byte <= 0x39) ||
  (byte >= 0x41 && byte <= 0x5a) ||
  (byte >= 0x61 && byte <= 0x7a) ||
  byte === 0x5f ||
  byte === 0x2d

/** A text as one token of a subject: every byte of its UTF-8 outside of `[A-Za-z0-9_-]` as `=hh`. The text is not empty. */
export const encodeToken = (text: string): string => {
  if (PLAIN.test(text)) return text
  let token = ''
  for (const byte of new TextEncoder().encode(text)) {
    token += isPlainByte(byte)
      ? String.fromCharCode(byte)
      : `=${byte.toString(16).padStart(2, '0')}`
  }
  return token
}

/** The text that {@link encodeToken} was given, or `undefined` for a token that it does not give. */
export const decodeToken = (token: string): string | undefined => {
  if (PLAIN.test(token)) return token
  const bytes: number[] = []
  for (let index = 0; index < token.length; index++) {
    if (token[index] !== '=') {
      bytes.push(token.charCodeAt(index))
      continue
    }
    const hex = token.slice(index + 1, index + 3)
    if (!/^[0-9a-f]{2}$/.test(hex)) return undefined
    bytes.push(parseInt(hex, 16))
    index += 2
  }
  const text = new TextDecoder().decode(Uint8Array.from(bytes))
  return text !== '' && encodeToken(text) === token ? text : undefined
}

const streamTokens = (streamId: StreamId): string => {
  const category = categoryOf(streamId)
  return `${encodeToken(category)}.${encodeToken(streamId.slice(category.length + 1))}`
}

/** The names of a store: those of its JetStream streams, and of its subjects. */
export interface Subjects {
  /** Over how many JetStream streams the events are spread. 1 or more. */
  readonly partitions: number
  /** The JetStream stream that holds the events of a partition. */
  readonly eventStream: (partition: number) => string
  /** The JetStream stream that holds snapshots, and which categories have tags. */
  readonly stateStream: string
  readonly partitionOf: (streamId: StreamId) => number
  /** The commits of a stream. */
  readonly commits: (streamId: StreamId) => string
  /** Those of all streams of a partition, or of one category. */
  readonly allCommits: (partition: number, category?: string) => string
  /** The mark of a command. */
  readonly mark: (streamId: StreamId, commandId: string) => string
  readonly snapshot: (streamId: StreamId, schemaVersion: number) => string
  readonly tags: string
  /** What the streams of a partition, and the one of snapshots, take. */
  readonly ofEvents: (partition: number) => ReadonlyArray<string>
  readonly ofState: ReadonlyArray<string>
  /** Where hints of new events are published. They are not stored. */
  readonly wakeUps: (partition: number) => string
}

/** A name that is one token of a subject, and the beginning of the name of a JetStream stream. */
export const isStoreName = (name: string): boolean => PLAIN.test(name) && name.length <= 32

/** The names of the store `name` with so many partitions. */
export const subjectsOf = (name: string, partitions: number): Subjects => {
  const partition = (streamId: StreamId): number => partitionOf(streamId, partitions)
  return {
    partitions,
    eventStream: (number) => `${name}_ev${number}`,
    stateStream: `${name}_state`,
    partitionOf: partition,
    commits: (streamId) => `${name}.ev.${partition(streamId)}.${streamTokens(streamId)}`,
    allCommits: (number, category) =>
      category === undefined
        ? `${name}.ev.${number}.>`
        : `${name}.ev.${number}.${encodeToken(category)}.>`,
    mark: (streamId, commandId) => {
      const token = encodeToken(commandId)
      // No token begins with `=x`: that is no byte.
      const short = token.length <= LONGEST_COMMAND ? token : `=x${sha256(commandId, 'hex')}`
      return `${name}.mk.${partition(streamId)}.${streamTokens(streamId)}.${short}`
    },
    snapshot: (streamId, schemaVersion) => `${name}.sn.${schemaVersion}.${streamTokens(streamId)}`,
    tags: `${name}.tg`,
    ofEvents: (number) => [`${name}.ev.${number}.>`, `${name}.mk.${number}.>`],
    ofState: [`${name}.sn.>`, `${name}.tg`],
    wakeUps: (number) => `${name}.wake.${number}`,
  }
}

/** The stream whose commits have this subject, or `undefined` for a subject that is none. */
export const streamOfSubject = (subject: string): StreamId | undefined => {
  const [, , , category, id, ...more] = subject.split('.')
  if (category === undefined || id === undefined || more.length > 0) return undefined
  const [first, rest] = [decodeToken(category), decodeToken(id)]
  return first === undefined || rest === undefined ? undefined : `${first}-${rest}`
}
