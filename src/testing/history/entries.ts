import type { AppendCondition, BoundaryQuery, Sight } from '../../core/boundary-query'
import type { ExpectedVersion } from '../../core/expected-version'
import type { Json, JsonObject } from '../../core/json'
import { partitionOf } from '../../core/partition'
import type { Position, StreamId, StreamVersion } from '../../core/stream'

/** An event of an append. */
export interface SentEvent {
  readonly id: string
  readonly type: string
  readonly data: JsonObject
  /** Of all that must come back unchanged. */
  readonly digest: number
  /** The command that it names in its metadata. */
  readonly commandId?: string
  /** Left out: none. */
  readonly tags?: ReadonlyArray<string>
}

/** A command that an append marks as carried out. */
export interface SentCommand {
  readonly commandId: string
  /** How many events of the append precede those of the command. 0 or more. */
  readonly skip: number
  /** How many events it produced. 0 or more. */
  readonly eventCount: number
}

/** An event in an answer. */
export interface SeenEvent {
  readonly streamId: StreamId
  readonly version: StreamVersion
  readonly position: Position
  readonly id: string
  readonly type: string
  /** Left out: the answer did not hold the whole event. */
  readonly digest?: number
  /** The command that it names in its metadata. */
  readonly commandId?: string
}

/** A command or timer that a process manager asked for. */
export type OutboxChange =
  | {
      readonly _tag: 'Add'
      readonly key: string
      readonly id: string
      /** Left out: no timer. */
      readonly timer?: string
      /** Milliseconds, from now on. Left out: see `time`. */
      readonly delay?: number
      /** Milliseconds since 1970-01-01 UTC. Left out: see `delay`. */
      readonly time?: number
    }
  | { readonly _tag: 'Cancel'; readonly key: string; readonly timer?: string }
  | { readonly _tag: 'Done'; readonly ids: ReadonlyArray<string> }
  | { readonly _tag: 'Failed'; readonly id: string }

/** What a client asked for. */
export type Question =
  | {
      readonly _tag: 'Append'
      readonly streamId: StreamId
      readonly expectedVersion: ExpectedVersion
      readonly events: ReadonlyArray<SentEvent>
      readonly commands: ReadonlyArray<SentCommand>
      /** Appends of one unit are stored together, or none of them. Left out: it is one on its own. */
      readonly unit?: string
      /** What its unit was appended on. */
      readonly condition?: AppendCondition
    }
  | {
      readonly _tag: 'Load'
      readonly streamId: StreamId
      readonly after: StreamVersion
      /** Events at most in the answer. */
      readonly limit: number
      readonly commandId?: string
    }
  | {
      readonly _tag: 'Read'
      readonly streamId: StreamId
      readonly after: StreamVersion
      /** Events at most in the answer. */
      readonly limit: number
      /** Left out: to the end of the stream. */
      readonly upTo?: StreamVersion
    }
  | {
      readonly _tag: 'ReadBackwards'
      readonly streamId: StreamId
      /** Left out: from the end of the stream. */
      readonly before?: StreamVersion
      /** Events at most in the answer. */
      readonly limit: number
    }
  | {
      readonly _tag: 'ReadAll'
      readonly after: Position
      /** Events at most in the answer. */
      readonly limit: number
      readonly categories?: ReadonlyArray<string>
      readonly types?: ReadonlyArray<string>
      readonly tags?: ReadonlyArray<string>
      readonly correlationId?: string
      /** Milliseconds since 1970-01-01 UTC. Left out: all. */
      readonly recordedFrom?: number
      /** Milliseconds since 1970-01-01 UTC. Left out: all. */
      readonly recordedBefore?: number
    }
  | {
      readonly _tag: 'ReadMatching'
      readonly query: BoundaryQuery
      /** Events at most. 1 or more. */
      readonly limit: number
      /** Left out: from the beginning. */
      readonly sight?: Sight
    }
  | {
      readonly _tag: 'Command'
      readonly streamId: StreamId
      readonly commandId?: string
      /** `any`: decided on the state at hand, which may be an old one. Left out: `mustExist`, or none. */
      readonly pin?: StreamVersion | 'mustNotExist' | 'any'
    }
  | { readonly _tag: 'State'; readonly streamId: StreamId; readonly cached: boolean }
  | { readonly _tag: 'Document'; readonly collection: string; readonly key: string }
  | {
      readonly _tag: 'Register'
      readonly subscription: string
      readonly categories?: ReadonlyArray<string>
      readonly types?: ReadonlyArray<string>
      readonly tags?: ReadonlyArray<string>
    }
  | {
      readonly _tag: 'Claim'
      readonly subscription: string
      readonly instance: string
    }
  | {
      readonly _tag: 'Step'
      readonly subscription: string
      /** 0 to the number of partitions - 1. */
      readonly partition: number
      /** The fencing token of the lease. */
      readonly token: number
      readonly after: Position
    }
  /** The commands of an outbox that are due, `limit` of them at most. */
  | { readonly _tag: 'Due'; readonly process: string; readonly limit: number }

/** What the client was told. */
export type Answer =
  | {
      readonly _tag: 'Appended'
      readonly version: StreamVersion
      readonly positions: ReadonlyArray<Position>
    }
  | {
      readonly _tag: 'Page'
      /** Left out: the answer does not say where the stream is. */
      readonly version?: StreamVersion
      /** The events begin after it. */
      readonly after: StreamVersion
      /** In the order in which they were answered. */
      readonly events: ReadonlyArray<SeenEvent>
      readonly more: boolean
      /**
       * The command that was carried out before: `eventCount` events (0 or more) after a version. Left out: none was.
       */
      readonly handled?: { readonly after: StreamVersion; readonly eventCount: number }
    }
  | {
      readonly _tag: 'StorePage'
      readonly events: ReadonlyArray<SeenEvent>
      readonly upTo: Position
      readonly more: boolean
    }
  | {
      readonly _tag: 'MatchingPage'
      readonly events: ReadonlyArray<SeenEvent>
      readonly sight: Sight
      readonly more: boolean
    }
  | {
      readonly _tag: 'Handled'
      readonly version: StreamVersion
      readonly events: ReadonlyArray<SeenEvent>
      readonly state?: Json
    }
  | { readonly _tag: 'StateFound'; readonly version: StreamVersion; readonly state?: Json }
  | { readonly _tag: 'DocumentFound'; readonly value?: Json }
  /** How many partitions the subscription has. */
  | { readonly _tag: 'Registered'; readonly partitions: number }
  | {
      readonly _tag: 'Claimed'
      readonly leases: ReadonlyArray<{
        /** 0 to the number of partitions - 1. */
        readonly partition: number
        /** The fencing token of the lease. */
        readonly token: number
        readonly position: Position
      }>
    }
  | { readonly _tag: 'Stepped' }
  | { readonly _tag: 'Given'; readonly ids: ReadonlyArray<string> }
  /** Nothing was written. */
  | {
      readonly _tag: 'Refused'
      readonly reason: string
      /** Where the stream was, if the refusal says so. */
      readonly version?: StreamVersion
      /** A command that was carried out before: `eventCount` events (0 or more) after a version. Left out: none was. */
      readonly handled?: {
        readonly commandId: string
        readonly after: StreamVersion
        readonly eventCount: number
      }
    }
  /** It may have been written. */
  | { readonly _tag: 'Unknown'; readonly reason: string }

/** A call has begun. */
export interface CallEntry {
  /** Which share of the history it belongs to: two hexadecimal digits, or `**` for all. */
  readonly of: string
  /** The number of the call: the same in all its entries, and in no other. */
  readonly call: number
  /** The clock of the client, in milliseconds. */
  readonly at: number
  readonly client: string
  readonly asked: Question
}

/** What a step is about to save. */
export interface WorkEntry {
  readonly of: string
  /** That of the question. */
  readonly call: number
  /** The clock of the client, in milliseconds. */
  readonly at: number
  readonly work: {
    readonly position: Position
    /** The events that were handled in it. Left out: they were not recorded. */
    readonly events?: ReadonlyArray<SeenEvent>
    /** What was written to the outboxes of process managers. */
    readonly outbox: ReadonlyArray<{ readonly process: string; readonly change: OutboxChange }>
  }
}

/** A call was answered. */
export interface AnswerEntry {
  readonly of: string
  /** That of the question. */
  readonly call: number
  /** The clock of the client, in milliseconds. */
  readonly at: number
  readonly answer: Answer
}

/** One line of a history, in the order in which things happened. */
export type HistoryEntry = CallEntry | WorkEntry | AnswerEntry

/** Into how many shares a history can be divided. */
export const SHARES = 256

/** The share that everything about one stream belongs to. */
export const shareOf = (name: string): string =>
  partitionOf(name, SHARES).toString(16).padStart(2, '0')

/** Belongs to every share. */
export const ALL_SHARES = '**'

const hashed = (before: number, text: string): number => {
  let hash = before
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  }
  return hash
}

const hashedValue = (before: number, value: Json): number => {
  if (typeof value !== 'object' || value === null) return hashed(before, JSON.stringify(value))
  let hash = hashed(before, Array.isArray(value) ? '[' : '{')
  if (Array.isArray(value)) {
    for (const inner of value as ReadonlyArray<Json>) hash = hashedValue(hash, inner)
    return hashed(hash, ']')
  }
  for (const [key, inner] of Object.entries(value).sort(byKey)) {
    hash = hashedValue(hashed(hash, JSON.stringify(key)), inner)
  }
  return hashed(hash, '}')
}

const byKey = ([left]: readonly [string, unknown], [right]: readonly [string, unknown]): number =>
  left < right ? -1 : 1

/** The number that an event, or a state, has in common with its copies and with few others. */
export const digestOf = (value: Json): number => hashedValue(0x811c9dc5, value) >>> 0
