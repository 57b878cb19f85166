import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import { undecodableCommand } from '../../core/errors/process'
import type { StoreFailed } from '../../core/errors/store'
import { failureNote, sendingFailed } from '../../core/errors/subscription'
import type { Metadata } from '../../core/metadata'
import { type PoisonPolicy, verdict } from '../../core/poison'
import { propertyOf } from '../../core/owns'
import type { DueRequest, FailedRequest } from '../../core/ports/request-store'
import type { ProcessManager } from '../../core/process-manager'
import { catching, catchTask } from '../catching'
import { writeAsks } from './asks'
import { readProcess } from './process-states'
import type { ProcessWrites } from './react-step'

/** How a command of a process reaches its receiver. Options of `handleCommand`, ready to be passed on. */
export type Dispatch<Command> = (
  command: Command,
  options: { readonly commandId: string; readonly metadata: Metadata },
) => TaskEither<unknown, unknown>

/** What became of a request. */
export type Answered<Command> =
  | { readonly _tag: 'Done'; readonly request: DueRequest }
  | {
      readonly _tag: 'Refused'
      readonly request: DueRequest
      readonly command: Command
      readonly rejection: unknown
    }
  | { readonly _tag: 'Failed'; readonly request: DueRequest; readonly failed: FailedRequest }

const rejectionIn = (error: unknown): { readonly rejection: unknown } | undefined =>
  propertyOf(error, '_tag') === 'Rejected'
    ? { rejection: propertyOf(error, 'rejection') }
    : undefined

/** A request that could not be dealt with: tried again, or parked, as the policy says. */
const failedBy = (poison: PoisonPolicy, request: DueRequest, cause: unknown): FailedRequest => {
  const { process, id } = request
  const attempts = request.attempts + 1
  const judged = verdict(poison, attempts)
  const failure = failureNote(sendingFailed(process, id, cause))
  const retry = judged._tag === 'Retry' ? { retryAfter: judged.pause } : {}
  return { process, id, attempts, failure, ...retry }
}

/** Sends one command. It has its effect once, however often this happens: its id is always the same. */
export const dispatchOne = async <Stored, Event, Command, State>(
  { commands }: ProcessManager<Stored, Event, Command, State>,
  dispatch: Dispatch<Command>,
  poison: PoisonPolicy,
  request: DueRequest,
): Promise<Answered<Command>> => {
  const failedWith = (cause: unknown): Answered<Command> => ({
    _tag: 'Failed',
    request,
    failed: failedBy(poison, request, cause),
  })
  const command = commands.decode(request.command)
  if (E.isLeft(command)) {
    const { process, key, id } = request
    return failedWith(undecodableCommand(process, key, id, command.left))
  }
  const options = { commandId: request.id, metadata: request.metadata }
  const sent = await catchTask(() => dispatch(command.right, options))()
  if (E.isRight(sent)) return { _tag: 'Done', request }
  const rejected = rejectionIn(sent.left)
  return rejected === undefined
    ? failedWith(sent.left)
    : { _tag: 'Refused', request, command: command.right, ...rejected }
}

const compensate = async <Stored, Event, Command, State>(
  manager: ProcessManager<Stored, Event, Command, State>,
  { documents, requests }: ProcessWrites,
  { request, command, rejection }: Extract<Answered<Command>, { _tag: 'Refused' }>,
): Promise<E.Either<unknown, void>> => {
  const life = await readProcess(manager, documents, request.key)
  if (E.isLeft(life)) return life
  if (life.right._tag === 'Over') return E.right(undefined)
  const { state } = life.right
  const asks = catching(() => manager.refused?.(state, command, rejection) ?? [])
  if (E.isLeft(asks)) return asks
  const { process, key, id, metadata } = request
  return writeAsks(manager.commands, requests, { process, key, id, metadata }, asks.right)
}

const isStoreFailed = (error: unknown): error is StoreFailed =>
  propertyOf(error, '_tag') === 'StoreFailed'

/** Writes down what became of the requests, and what refused ones ask for instead. */
export const recordAnswers =
  <Stored, Event, Command, State>(
    manager: ProcessManager<Stored, Event, Command, State>,
    poison: PoisonPolicy,
  ) =>
  async (
    answers: ReadonlyArray<Answered<Command>>,
    writes: ProcessWrites,
  ): Promise<E.Either<StoreFailed, void>> => {
    const done: string[] = []
    for (const answer of answers) {
      if (answer._tag === 'Failed') {
        const noted = await writes.requests.failed(answer.failed)()
        if (E.isLeft(noted)) return noted
        continue
      }
      if (answer._tag === 'Refused') {
        const compensated = await compensate(manager, writes, answer)
        if (E.isLeft(compensated)) {
          if (isStoreFailed(compensated.left)) return E.left(compensated.left)
          const failed = failedBy(poison, answer.request, compensated.left)
          const noted = await writes.requests.failed(failed)()
          if (E.isLeft(noted)) return noted
          continue
        }
      }
      done.push(answer.request.id)
    }
    return writes.requests.done(manager.name, done)()
  }
