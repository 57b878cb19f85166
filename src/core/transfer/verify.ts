import { isRecord } from '../json'
import { MAXIMUM_POSITION, type Position, streamIdError, type StreamId } from '../stream'
import { tagsProblem } from '../tags'
import { isUuid } from '../uuid'
import type { ExportedEvent } from '../ports/transfer'

/** A rule that what is stored must keep. */
export type StoreRule =
  /** The versions of a stream are 1, 2, 3 and so on, or begin with that of its summary. */
  | 'Versions'
  /** Within a stream positions grow with the versions, and none is beyond what a number holds. */
  | 'Positions'
  /** Id, stream id, type, schema version, data, metadata and tags are what an append takes. */
  | 'Events'
  /** The codec of the category reads the event. */
  | 'Codec'
  /** Tags stand for events that are there, with their types, and none is missing that the category gives now. */
  | 'Tags'
  /** No two events have one id. */
  | 'Ids'
  /** The events of every command that was handled are there. */
  | 'Commands'
  /** What was sealed is as it was. */
  | 'Chain'
  /** Nothing is left of an erased stream but what stands for it. */
  | 'Erased'
  /** What is in the archive is what was archived. */
  | 'Archive'
  /** No snapshot is later than its stream. */
  | 'Snapshots'
  /** The sequence of positions is not behind them. */
  | 'Sequence'
  /** No checkpoint of this store is beyond its last event. */
  | 'Checkpoints'

/** Something that does not fit together. */
export interface StoreDefect {
  readonly rule: StoreRule
  /** Where: `account-A1:3`, say. */
  readonly place: string
  readonly message: string
}

/** What is known of the events that were seen, in the order of their streams and versions. */
export interface WalkState {
  readonly streamId: StreamId
  /** Of the last event; 0: none was seen. */
  readonly version: number
  readonly position: Position
}

export const WALK_START: WalkState = { streamId: '', version: 0, position: 0 }

const placeOf = ({ streamId, version }: Pick<ExportedEvent, 'streamId' | 'version'>): string =>
  `${streamId}:${version}`

const eventProblem = (event: ExportedEvent): string | undefined => {
  const { id, streamId, type, schemaVersion, data, metadata, tags } = event
  const wrongStream = streamIdError(streamId)
  if (wrongStream !== undefined) return wrongStream.message
  if (!isUuid(id)) return 'its id is not a UUID'
  if (type === '') return 'it has no type'
  if (schemaVersion < 1) return `its schema version is ${schemaVersion}`
  if (!isRecord(data) || !isRecord(metadata)) return 'its data and metadata must be objects'
  return tagsProblem(tags)
}

const orderDefect = (before: WalkState, event: ExportedEvent): StoreDefect | undefined => {
  const { streamId, version, position } = event
  const isFirst = before.streamId !== streamId
  const first = event.metadata.beginning === true ? version : 1
  const expected = isFirst ? first : before.version + 1
  const place = placeOf(event)
  if (version !== expected) {
    return { rule: 'Versions', place, message: `version ${expected} is missing` }
  }
  if (position < 1 || position > MAXIMUM_POSITION || (!isFirst && position <= before.position)) {
    const message = `position ${position} does not follow ${isFirst ? 0 : before.position}`
    return { rule: 'Positions', place, message }
  }
  return undefined
}

/** What is wrong with one event, by itself and after the one before; and what is known then. */
export const walkOn = (
  before: WalkState,
  event: ExportedEvent,
): { readonly after: WalkState; readonly defects: ReadonlyArray<StoreDefect> } => {
  const { streamId, version, position } = event
  const order = orderDefect(before, event)
  const problem = eventProblem(event)
  return {
    after: { streamId, version, position },
    defects: [
      ...(order === undefined ? [] : [order]),
      ...(problem === undefined
        ? []
        : [{ rule: 'Events' as const, place: placeOf(event), message: problem }]),
    ],
  }
}
