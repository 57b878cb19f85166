import * as E from 'fp-ts/Either'
import type { StoreFailed } from '../../core/errors/store'
import { propertyOf } from '../../core/owns'
import type { ProcessManager } from '../../core/process-manager'
import { catching } from '../catching'
import { writeActions } from './process-actions'
import type { Answered } from './dispatch-step'
import type { Judged } from './judge-failures'
import { readProcess } from './process-states'
import type { ProcessWrites } from './react-step'

/** Writes the compensation of a rejected command. */
const compensate = async <Stored, Event, Command, State>(
  manager: ProcessManager<Stored, Event, Command, State>,
  { documents, outbox }: ProcessWrites,
  { entry, command, rejection }: Extract<Answered<Command>, { _tag: 'Rejected' }>,
): Promise<E.Either<unknown, void>> => {
  const { onRejected } = manager
  if (onRejected === undefined) return outbox.rejected(manager.name, 1)()
  const record = await readProcess(manager, documents, entry.key)
  if (E.isLeft(record)) return record
  if (record.right._tag === 'Over') return E.right(undefined)
  const { state } = record.right
  const actions = catching(() => onRejected(state, command, rejection))
  if (E.isLeft(actions)) return actions
  const { process, key, id, metadata } = entry
  return writeActions(manager.commands, outbox, { process, key, id, metadata }, actions.right)
}

/** Why nothing was written: the store failed, or the compensation of a rejection did. */
export type RecordError = StoreFailed | { readonly _tag: 'Uncompensated'; readonly cause: unknown }

const isStoreFailed = (error: unknown): error is StoreFailed =>
  propertyOf(error, '_tag') === 'StoreFailed'

/** Stores the outcomes of outbox commands, and the compensations of rejected ones: all of it, or nothing. */
export const recordAnswers =
  <Stored, Event, Command, State>(manager: ProcessManager<Stored, Event, Command, State>) =>
  async (
    answers: ReadonlyArray<Answered<Command>>,
    judged: ReadonlyMap<string, Judged>,
    writes: ProcessWrites,
  ): Promise<E.Either<RecordError, void>> => {
    const done: string[] = []
    for (const answer of answers) {
      const failed = judged.get(answer.entry.id)?.failed
      if (failed !== undefined) {
        const noted = await writes.outbox.failed(failed)()
        if (E.isLeft(noted)) return noted
        continue
      }
      if (answer._tag === 'Rejected') {
        const compensated = await compensate(manager, writes, answer)
        if (E.isLeft(compensated)) {
          const { left: cause } = compensated
          return E.left(isStoreFailed(cause) ? cause : { _tag: 'Uncompensated', cause })
        }
      }
      done.push(answer.entry.id)
    }
    return writes.outbox.done(manager.name, done)()
  }
