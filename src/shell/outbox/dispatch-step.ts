import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import { undecodableCommand } from '../../core/errors/process'
import type { Metadata } from '../../core/metadata'
import { propertyOf } from '../../core/owns'
import type { DueOutboxCommand } from '../../core/ports/outbox'
import type { ProcessManager } from '../../core/process-manager'
import type { StepError } from '../subscription/effects'
import { bounded, type HandlerBounds, type HandlerContext } from '../subscription/handler'

/** What goes with a command of a process. */
export interface DispatchOptions extends HandlerContext {
  readonly commandId: string
  readonly metadata: Metadata
}

/**
 * How a command of a process reaches its receiver. Options of `handleCommand`, ready to be passed on. What
 * it needs may be away for a while: a `transientFailure` never counts as poison.
 */
export type Dispatch<Command> = (
  command: Command,
  options: DispatchOptions,
) => TaskEither<unknown, unknown>

/** What became of a request. */
export type Answered<Command> =
  | { readonly _tag: 'Done'; readonly request: DueOutboxCommand }
  | {
      readonly _tag: 'Refused'
      readonly request: DueOutboxCommand
      readonly command: Command
      readonly rejection: unknown
    }
  | { readonly _tag: 'Failed'; readonly request: DueOutboxCommand; readonly cause: unknown }

const rejectionIn = (error: unknown): { readonly rejection: unknown } | undefined =>
  propertyOf(error, '_tag') === 'Rejected'
    ? { rejection: propertyOf(error, 'rejection') }
    : undefined

/** Sends one command. It has its effect once, however often this happens: its id is always the same. */
export const sending =
  <Stored, Event, Command, State>(
    { commands }: ProcessManager<Stored, Event, Command, State>,
    dispatch: Dispatch<Command>,
  ) =>
  async (request: DueOutboxCommand, bounds: HandlerBounds): Promise<Answered<Command>> => {
    const { process, key, id, metadata } = request
    const command = commands.decode(request.command)
    if (E.isLeft(command)) {
      return { _tag: 'Failed', request, cause: undecodableCommand(process, key, id, command.left) }
    }
    const sent = await bounded(bounds, ({ signal }) =>
      dispatch(command.right, { commandId: id, metadata, signal }),
    )()
    if (E.isRight(sent)) return { _tag: 'Done', request }
    const rejected = rejectionIn(sent.left)
    return rejected === undefined
      ? { _tag: 'Failed', request, cause: sent.left }
      : { _tag: 'Refused', request, command: command.right, ...rejected }
  }

/** What keeps commands from being sent. */
export interface Turn extends HandlerBounds {
  readonly mayGoOn: () => boolean
  /** Something inside: it has ended several processes already. */
  readonly beforeTrying: (what: string) => Promise<E.Either<StepError, object | undefined>>
}

/**
 * Sends the commands of one process in their order, up to the first that fails, or until it may not go on:
 * what was cut short is sent again.
 */
export const sendAll = async <Command>(
  send: (request: DueOutboxCommand, bounds: HandlerBounds) => Promise<Answered<Command>>,
  group: ReadonlyArray<DueOutboxCommand>,
  turn: Turn,
): Promise<E.Either<StepError, ReadonlyArray<Answered<Command>>>> => {
  const answers: Answered<Command>[] = []
  for (const request of group) {
    if (!turn.mayGoOn()) break
    const crashed = await turn.beforeTrying(`command ${request.id}`)
    if (E.isLeft(crashed)) return crashed
    const answer: Answered<Command> =
      crashed.right === undefined
        ? await send(request, turn)
        : { _tag: 'Failed', request, cause: crashed.right }
    if (answer._tag === 'Failed' && turn.abandonment.isAbandoned()) break
    answers.push(answer)
    if (answer._tag === 'Failed') break
  }
  return E.right(answers)
}
