import type { FailureNote } from '../core/errors/subscription'
import type { Json } from '../core/json'
import type { BuildStatus } from '../core/ports/projection-store'
import type { Position, StreamId, StreamVersion } from '../core/stream'

/** What the studio's routes answer. The page imports these types, and nothing else of the server. Times are
 * milliseconds since 1970-01-01 UTC. */

/** A value, with `null` in the place of what is hidden. */
export interface Shown {
  readonly value: Json
  /** JSON pointers (RFC 6901) to what is hidden. */
  readonly hidden: ReadonlyArray<string>
}

/** Whether an answer holds what is hidden otherwise. */
export interface About {
  readonly place: string
  readonly schema: string
  readonly version: string
  /** The categories whose deciders were given. */
  readonly deciders: ReadonlyArray<string>
  /** The projections whose code was given. */
  readonly projections: ReadonlyArray<string>
  /** Whether operating is permitted, and by whom. `undefined`: it is not. */
  readonly operator?: string
  /** Whether personal data is hidden. */
  readonly masked: boolean
  /** The clock of the studio. */
  readonly now: number
}

export interface StreamRow {
  readonly streamId: StreamId
  readonly version: StreamVersion
  readonly recordedAt: number
}

export interface StreamsAnswer {
  readonly streams: ReadonlyArray<StreamRow>
  /** To continue: the `after` of the next page. Omitted: this is the end. */
  readonly next?: string
}

export interface CategoriesAnswer {
  readonly categories: ReadonlyArray<string>
  readonly more: boolean
}

export interface EventRow {
  readonly id: string
  readonly streamId: StreamId
  readonly version: StreamVersion
  readonly position: Position
  readonly recordedAt: number
  readonly type: string
  readonly schemaVersion: number
  /** About how many bytes the data has. */
  readonly size: number
  /** Omitted: it is too large for a list; read the event alone. */
  readonly data?: Shown
  readonly metadata: Shown
  readonly commandId?: string
  readonly correlationId?: string
  readonly causationId?: string
  /** Why its codec cannot read it. Omitted: it can, or no decider was given. */
  readonly undecodable?: string
}

export interface StreamAnswer {
  readonly streamId: StreamId
  readonly version: StreamVersion
  readonly category: string
  /** Of its first event: 1, or the version of the summary that stands where the events before it stood. 0: it has no events. */
  readonly first: StreamVersion
  /** `closed`: it takes no events any more. `archived`: nor is it in the list of streams, and it is followed no more. */
  readonly standing: 'open' | 'closed' | 'archived'
  /** Its events have personal fields: states are as if all persons were forgotten. */
  readonly sealed?: true
  /** Commands of its category to begin with. Omitted: no decider was given. */
  readonly commands?: ReadonlyArray<Json>
}

export interface EventsAnswer {
  readonly events: ReadonlyArray<EventRow>
  readonly more: boolean
}

export interface ShownChange {
  readonly path: ReadonlyArray<string>
  readonly before?: Shown
  readonly after?: Shown
}

export type ShownState =
  | {
      readonly _tag: 'Known'
      readonly state: Shown
      readonly changes: ReadonlyArray<ShownChange>
      readonly moreChanges: boolean
    }
  /** It cannot be computed: the decider threw, or an event cannot be decoded. */
  | { readonly _tag: 'Unknown'; readonly reason: string }
  /** No decider was given for the category. */
  | { readonly _tag: 'NoDecider' }

export interface StateAnswer {
  readonly version: StreamVersion
  readonly state: ShownState
}

export type DecisionAnswer =
  | {
      readonly _tag: 'Accepted'
      readonly events: ReadonlyArray<{
        readonly type: string
        readonly schemaVersion: number
        readonly data: Shown
      }>
      readonly state: Shown
      readonly changes: ReadonlyArray<ShownChange>
      readonly moreChanges: boolean
    }
  | { readonly _tag: 'Rejected'; readonly rejection: Shown; readonly message: string }
  /** The command is not valid, or the application's own code threw. */
  | { readonly _tag: 'Failed'; readonly error: string; readonly message: string }

export interface CorrelationAnswer {
  readonly events: ReadonlyArray<EventRow>
  /** There are more events than are shown. */
  readonly more: boolean
}

export interface PartitionRow {
  readonly subscription: string
  readonly partition: number
  readonly partitions: number
  readonly state: 'running' | 'no owner' | 'stopped' | 'paused'
  readonly position: Position
  readonly lag: { readonly events: number; readonly orMore: boolean; readonly seconds: number }
  readonly owner?: string
  readonly heartbeatAge?: number
  readonly failure?: FailureNote
  readonly lastTrouble?: FailureNote & { readonly at: number }
  readonly parked: number
  readonly waiting: number
  readonly parkedCommands: number
  readonly process?: string
  readonly projection?: string
  readonly reads: string
}

export interface SubscriptionsAnswer {
  readonly partitions: ReadonlyArray<PartitionRow>
  readonly horizon: Position
  readonly last: Position
  /** Transactions that hold the horizon back for long, described. */
  readonly holders: ReadonlyArray<string>
}

export interface HeldRow {
  readonly streamId: StreamId
  readonly version: StreamVersion
  readonly position: Position
  readonly type: string
  readonly parked: boolean
  readonly decision?: 'retry' | 'skip'
  readonly attempts: number
  readonly failure: FailureNote
  readonly triedAt: number
  readonly retryAt?: number
  readonly behind: { readonly events: number; readonly orMore: boolean }
}

export interface HeldAnswer {
  readonly events: ReadonlyArray<HeldRow>
  readonly more: boolean
}

export interface CommandRow {
  readonly process: string
  readonly key: string
  readonly id: string
  readonly sequence: number
  readonly command: Shown
  readonly timer?: string
  readonly dueAt: number
  readonly attempts: number
  readonly parked: boolean
  readonly failure?: FailureNote
}

export interface OutboxAnswer {
  readonly commands: ReadonlyArray<CommandRow>
  readonly more: boolean
  /** The store's clock, as far as the studio knows it. */
  readonly now: number
}

export interface ProjectionRow {
  readonly projection: string
  readonly builds: ReadonlyArray<BuildStatus>
}

export interface ProjectionsAnswer {
  readonly projections: ReadonlyArray<ProjectionRow>
  /** How far a build can come at the moment. */
  readonly horizon: Position
  /** Rebuilds that were begun here. */
  readonly rebuilds: ReadonlyArray<RebuildRow>
}

export interface RebuildRow {
  readonly projection: string
  readonly startedAt: number
  readonly state: 'running' | 'done' | 'failed'
  readonly message?: string
}

export interface TailAnswer {
  readonly events: ReadonlyArray<EventRow>
  /** The `after` of the next request. */
  readonly upTo: Position
}

export interface AuditRow {
  readonly sequence: number
  readonly at: number
  readonly operator: string
  readonly action: string
  readonly subject: string
  readonly detail: Json
  readonly outcome: 'unknown' | 'done' | 'failed'
  readonly message?: string
}

export interface AuditAnswer {
  readonly entries: ReadonlyArray<AuditRow>
  /** To continue: the `before` of the next page. Omitted: this is the end. */
  readonly next?: number
}

export interface OperatedAnswer {
  readonly message: string
}
