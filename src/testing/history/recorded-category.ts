import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import type { HandleError, LoadError } from '../../core/errors/unions'
import type { ExpectedVersion } from '../../core/expected-version'
import { type Json, jsonIssue } from '../../core/json'
import type { RecordedEvent } from '../../core/recorded-event'
import type { StreamId, StreamVersion } from '../../core/stream'
import type { Answer, SeenEvent } from './entries'
import type { HistoryRecorder } from './recorder'

/** A call to an open category: who makes it, and on which stream. */
export interface CategoryCall {
  readonly recorder: HistoryRecorder
  readonly client: string
  readonly streamId: StreamId
}

interface CommandOptions {
  readonly commandId?: string
  readonly expectedVersion?: ExpectedVersion
}

interface Versioned {
  readonly state: unknown
  readonly version: StreamVersion
}

interface CommandResult<Event> extends Versioned {
  readonly events: ReadonlyArray<RecordedEvent<Event>>
}

const stateIn = ({ state }: Versioned): { readonly state?: Json } => {
  const plain: unknown = JSON.parse(JSON.stringify(state ?? null))
  return jsonIssue(plain) === undefined ? { state: plain as Json } : {}
}

const seenEvent = <Event extends { readonly type: string }>({
  streamId,
  version,
  position,
  id,
  metadata: { commandId },
  event: { type },
}: RecordedEvent<Event>): SeenEvent => ({
  streamId,
  version,
  position,
  id,
  type,
  ...(commandId === undefined ? {} : { commandId }),
})

const refused = (failure: HandleError<unknown>): Answer => {
  switch (failure._tag) {
    case 'StoreFailed':
      return {
        _tag: failure.outcome === 'unknown' ? 'Unknown' : 'Refused',
        reason: failure._tag,
      }
    case 'VersionConflict':
      return { _tag: 'Refused', reason: failure._tag, version: failure.actual }
    case 'Rejected':
      return { _tag: 'Refused', reason: failure._tag, version: failure.version }
    case 'CommandIdReused':
    case 'InvalidCommand':
    case 'InvalidStreamId':
    case 'StreamErased':
    case 'StreamClosed':
    case 'InvalidAppend':
    case 'UndecodableEvent':
    case 'UnencodableEvent':
    case 'LimitExceeded':
    case 'DeciderThrew':
    case 'ProjectionFailed':
    case 'Overloaded':
      return { _tag: 'Refused', reason: failure._tag }
  }
}

const pinned = ({ expectedVersion }: CommandOptions) =>
  expectedVersion === undefined || expectedVersion === 'mustExist' ? {} : { pin: expectedVersion }

/**
 * A command, in the history. It fails as the command does: see {@link OpenCategory}.
 *
 * @example
 * const options = { commandId: 'c-17' }
 * const task = accounts.handleCommand('A1', deposit(10), options)
 * const recorded = recordedCommand({ recorder, client: 'one', streamId: 'account-A1' }, options, task)
 */
export const recordedCommand = <
  Event extends { readonly type: string },
  Rejection,
  Result extends CommandResult<Event>,
>(
  { recorder, client, streamId }: CategoryCall,
  options: CommandOptions,
  command: TaskEither<HandleError<Rejection>, Result>,
): TaskEither<HandleError<Rejection>, Result> => {
  const { commandId } = options
  const id = commandId === undefined ? {} : { commandId }
  return recorder.calling(
    client,
    { _tag: 'Command', streamId, ...id, ...pinned(options) },
    command,
    (outcome) => {
      if (E.isLeft(outcome)) return refused(outcome.left)
      const { version, events } = outcome.right
      return { _tag: 'Handled', version, events: events.map(seenEvent), ...stateIn(outcome.right) }
    },
  )
}

/**
 * A state that is read, in the history. It fails as the read does: see {@link OpenCategory}.
 *
 * @param cached - it comes from memory, and may be an old one.
 *
 * @example
 * const call = { recorder, client: 'one', streamId: 'account-A1' }
 * const recorded = recordedState(call, false, accounts.load('A1'))
 */
export const recordedState = <Result extends Versioned>(
  { recorder, client, streamId }: CategoryCall,
  cached: boolean,
  state: TaskEither<LoadError, Result>,
): TaskEither<LoadError, Result> =>
  recorder.calling(client, { _tag: 'State', streamId, cached }, state, (outcome) =>
    E.isLeft(outcome)
      ? { _tag: 'Refused', reason: outcome.left._tag }
      : { _tag: 'StateFound', version: outcome.right.version, ...stateIn(outcome.right) },
  )
