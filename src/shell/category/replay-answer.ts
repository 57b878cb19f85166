import * as E from 'fp-ts/Either'
import { type CommandIdReused, commandIdReused } from '../../core/errors/conflict'
import type { VersionNotReached } from '../../core/errors/replay'
import { storeFailed } from '../../core/errors/store'
import type { LoadError } from '../../core/errors/unions'
import type { CommandRecord } from '../../core/ports/event-store'
import type { RecordedEvent } from '../../core/recorded-event'
import type { StreamId } from '../../core/stream'
import { type CommandResult, isOtherCommand, type SentOptions } from './command'
import type { CategorySettings } from './settings'
import { replayTo } from '../state/history'
import {
  decodeRecorded,
  evolveOnce,
  isBeginning,
  type Replayable,
  truncated,
} from '../state/replay'
import { neverInvalid } from '../../core/ports/never-invalid'

const notReached = (error: LoadError | VersionNotReached): LoadError =>
  error._tag === 'VersionNotReached'
    ? storeFailed('CorruptRow', 'nothingWritten', undefined, error.message)
    : error

/** The answer that a command was given when it was handled first. */
export const replayAnswer = async <State, Event>(
  category: Replayable<State, Event>,
  settings: CategorySettings,
  streamId: StreamId,
  { after, eventCount }: CommandRecord,
): Promise<E.Either<LoadError, CommandResult<State, Event>>> => {
  const before = await replayTo(category, settings)(streamId, after)()
  if (E.isLeft(before)) return E.left(notReached(before.left))
  let current = before.right
  const events: RecordedEvent<Event>[] = []
  while (events.length < eventCount) {
    const limit = Math.min(settings.pageSize, eventCount - events.length)
    const page = await neverInvalid(
      settings.store.read(streamId, { after: current.version, limit }),
    )()
    if (E.isLeft(page)) return page
    if (page.right.events.length === 0) {
      const advice = `${streamId} has lost events after version ${current.version}`
      return E.left(storeFailed('CorruptRow', 'nothingWritten', undefined, advice))
    }
    for (const stored of page.right.events) {
      if (isBeginning(stored)) return E.left(truncated(streamId, stored.version))
      const recorded = decodeRecorded(category, stored)
      if (E.isLeft(recorded)) return recorded
      const next = evolveOnce(category, streamId, current, recorded.right.event)
      if (E.isLeft(next)) return next
      current = next.right
      events.push(recorded.right)
    }
  }
  return E.right({ events, state: current.state, version: current.version })
}

/** The first answer to a command that was handled before; none to another command under its id. */
export const answerAgain = async <State, Event>(
  { category, settings }: { category: Replayable<State, Event>; settings: CategorySettings },
  streamId: StreamId,
  { commandId = '', fingerprint }: SentOptions,
  handled: CommandRecord,
): Promise<E.Either<LoadError | CommandIdReused, CommandResult<State, Event>>> =>
  isOtherCommand(fingerprint, handled.fingerprint)
    ? E.left(commandIdReused(streamId, commandId))
    : replayAnswer(category, settings, streamId, handled)
