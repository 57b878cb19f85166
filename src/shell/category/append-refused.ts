import * as E from 'fp-ts/Either'
import type { AppendRequest } from '../../core/append'
import { type CommandAlreadyHandled, versionConflict } from '../../core/errors/conflict'
import type { AppendError, HandleError } from '../../core/errors/unions'
import type { StreamId } from '../../core/stream'
import { answerAgain } from './replay-answer'
import type { Current } from '../state/replay'
import { delayBefore } from './retry'
import type { Handling, Waiting } from './pending-command'

type Refusal = Exclude<AppendError, CommandAlreadyHandled>

/** The batch lost against another writer: whoever has attempts left is decided again, after a while. */
const tryAgain = async <Command, State, Event, Rejection>(
  { surroundings }: Handling<Command, State, Event, Rejection>,
  batch: ReadonlyArray<Waiting<Command, State, Event, Rejection>>,
  errorAfter: (attempts: number) => HandleError<Rejection>,
): Promise<ReadonlyArray<Waiting<Command, State, Event, Rejection>>> => {
  const { retry, random, wait } = surroundings
  const again = batch.flatMap((waiting) => {
    const failed = waiting.failed + 1
    if (failed < retry.attempts) return [{ ...waiting, failed }]
    waiting.answer(E.left(errorAfter(failed)))
    return []
  })
  const most = again.reduce((failed, waiting) => Math.max(failed, waiting.failed), 0)
  if (most > 0) await wait(delayBefore(retry, most, random()))
  return again
}

/** One of the commands was carried out before: it gets that answer, the others go on without it. */
const withoutHandled = async <Command, State, Event, Rejection>(
  { category, surroundings }: Handling<Command, State, Event, Rejection>,
  streamId: StreamId,
  error: CommandAlreadyHandled,
  batch: ReadonlyArray<Waiting<Command, State, Event, Rejection>>,
): Promise<ReadonlyArray<Waiting<Command, State, Event, Rejection>>> => {
  const answer = await answerAgain(category, surroundings, streamId, error)
  return batch.filter((waiting) => {
    if (waiting.options.commandId !== error.commandId) return true
    waiting.answer(answer)
    return false
  })
}

/** Whether each of the batch may fare better on its own: the fault may lie with one of them. */
const oneIsToBlame = (error: Refusal): boolean =>
  error._tag !== 'StoreFailed' ||
  (error.outcome === 'nothingWritten' &&
    ['Unexpected', 'DataRefused', 'TimedOut'].includes(error.reason))

/** What becomes of a batch whose append was refused. Gives back those that are handled again. */
export const refused = async <Command, State, Event, Rejection>(
  handling: Handling<Command, State, Event, Rejection>,
  { streamId, expectedVersion }: AppendRequest,
  { base, error }: { readonly base: Current<State>; readonly error: AppendError },
  batch: ReadonlyArray<Waiting<Command, State, Event, Rejection>>,
): Promise<ReadonlyArray<Waiting<Command, State, Event, Rejection>>> => {
  const { states, surroundings } = handling
  // A stream that is shorter than the state in memory was restored from a backup: forget that state.
  if (error._tag === 'VersionConflict' && error.actual < base.version) states.forget(streamId)
  else states.set(streamId, { current: base, outdated: true })

  if (error._tag === 'CommandAlreadyHandled') {
    return withoutHandled(handling, streamId, error, batch)
  }
  const pinned = batch[0]?.options.expectedVersion !== undefined
  if (error._tag === 'VersionConflict' && !pinned) {
    const { actual } = error
    surroundings.observe({
      _tag: 'DecidedAgain',
      streamId,
      commands: batch.length,
      decidedOn: base.version,
      actual,
    })
    return tryAgain(handling, batch, (attempts) =>
      versionConflict(streamId, expectedVersion, actual, attempts),
    )
  }
  if (error._tag === 'StoreFailed' && error.reason === 'TransactionRefused') {
    return tryAgain(handling, batch, () => error)
  }
  if (batch.length > 1 && oneIsToBlame(error)) {
    return batch.map((waiting) => ({ ...waiting, alone: true }))
  }
  for (const { answer } of batch) answer(E.left(error))
  return []
}
