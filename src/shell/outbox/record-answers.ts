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

/** Writes down what a refused command asks for instead. */
const compensate = async <Stored, Event, Command, State>(
  manager: ProcessManager<Stored, Event, Command, State>,
  { documents, requests }: ProcessWrites,
  { request, command, rejection }: Extract<Answered<Command>, { _tag: 'Refused' }>,
): Promise<E.Either<unknown, void>> => {
  const { onRejected } = manager
  if (onRejected === undefined) return requests.rejected(manager.name, 1)()
  const life = await readProcess(manager, documents, request.key)
  if (E.isLeft(life)) return life
  if (life.right._tag === 'Over') return E.right(undefined)
  const { state } = life.right
  const asks = catching(() => onRejected(state, command, rejection))
  if (E.isLeft(asks)) return asks
  const { process, key, id, metadata } = request
  return writeActions(manager.commands, requests, { process, key, id, metadata }, asks.right)
}

/** Why nothing was written down: the store, or an answer whose compensation has failed. */
export type RecordError = StoreFailed | { readonly _tag: 'Uncompensated'; readonly cause: unknown }

const isStoreFailed = (error: unknown): error is StoreFailed =>
  propertyOf(error, '_tag') === 'StoreFailed'

/** Writes down what became of the requests, and what refused ones ask for instead: all of it, or nothing. */
export const recordAnswers =
  <Stored, Event, Command, State>(manager: ProcessManager<Stored, Event, Command, State>) =>
  async (
    answers: ReadonlyArray<Answered<Command>>,
    judged: ReadonlyMap<string, Judged>,
    writes: ProcessWrites,
  ): Promise<E.Either<RecordError, void>> => {
    const done: string[] = []
    for (const answer of answers) {
      const failed = judged.get(answer.request.id)?.failed
      if (failed !== undefined) {
        const noted = await writes.requests.failed(failed)()
        if (E.isLeft(noted)) return noted
        continue
      }
      if (answer._tag === 'Refused') {
        const compensated = await compensate(manager, writes, answer)
        if (E.isLeft(compensated)) {
          const { left: cause } = compensated
          return E.left(isStoreFailed(cause) ? cause : { _tag: 'Uncompensated', cause })
        }
      }
      done.push(answer.request.id)
    }
    return writes.requests.done(manager.name, done)()
  }
