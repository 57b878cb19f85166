import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import { undecodableCommand } from '../../core/errors/process'
import type { Metadata } from '../../core/metadata'
import { propertyOf } from '../../core/owns'
import type { DueOutboxCommand } from '../../core/ports/outbox'
import type { ProcessManager } from '../../core/process-manager'
import type { StepError } from '../subscription/effects'
import type { HandlerContext } from '../../core/handler-context'
import { bounded, type HandlerBounds } from '../subscription/handler'

/** What is passed to {@link Dispatch} with a command. */
export interface DispatchOptions extends HandlerContext {
  readonly commandId: string
  readonly metadata: Metadata
}

/**
 * Sends a command of a process to its receiver. The second argument can be passed to `handleCommand` as its
 * options. When something it depends on is unavailable, answer a `transientFailure`: that never counts as an
 * attempt.
 */
export type Dispatch<Command> = (
  command: Command,
  options: DispatchOptions,
) => TaskEither<unknown, unknown>

/** The outcome of an outbox command. */
export type Answered<Command> =
  | { readonly _tag: 'Done'; readonly entry: DueOutboxCommand }
  | {
      readonly _tag: 'Rejected'
      readonly entry: DueOutboxCommand
      readonly command: Command
      readonly rejection: unknown
    }
  | { readonly _tag: 'Failed'; readonly entry: DueOutboxCommand; readonly cause: unknown }

const rejectionIn = (error: unknown): { readonly rejection: unknown } | undefined =>
  propertyOf(error, '_tag') === 'Rejected'
    ? { rejection: propertyOf(error, 'rejection') }
    : undefined

/** Sends one command. Its id is always the same, so a receiver can give it one effect however often it is sent. */
export const sending =
  <Stored, Event, Command, State>(
    { commands }: ProcessManager<Stored, Event, Command, State>,
    dispatch: Dispatch<Command>,
  ) =>
  async (entry: DueOutboxCommand, bounds: HandlerBounds): Promise<Answered<Command>> => {
    const { process, key, id, metadata } = entry
    const command = commands.decode(entry.command)
    if (E.isLeft(command)) {
      return { _tag: 'Failed', entry, cause: undecodableCommand(process, key, id, command.left) }
    }
    const sent = await bounded(bounds, ({ signal }) =>
      dispatch(command.right, { commandId: id, metadata, signal }),
    )
    if (E.isRight(sent)) return { _tag: 'Done', entry }
    const rejected = rejectionIn(sent.left)
    return rejected === undefined
      ? { _tag: 'Failed', entry, cause: sent.left }
      : { _tag: 'Rejected', entry, command: command.right, ...rejected }
  }

/** What may stop commands from being sent. */
export interface Turn extends HandlerBounds {
  readonly mayGoOn: () => boolean
  /** A value inside: trying `what` has ended several operating system processes already. */
  readonly beforeTrying: (what: string) => Promise<E.Either<StepError, object | undefined>>
}

/**
 * Sends the commands of one process in their order, up to the first that fails, or until sending has to stop.
 * A command that was interrupted is sent again.
 */
export const sendAll = async <Command>(
  send: (entry: DueOutboxCommand, bounds: HandlerBounds) => Promise<Answered<Command>>,
  group: ReadonlyArray<DueOutboxCommand>,
  turn: Turn,
): Promise<E.Either<StepError, ReadonlyArray<Answered<Command>>>> => {
  const answers: Answered<Command>[] = []
  for (const entry of group) {
    if (!turn.mayGoOn()) break
    const crashed = await turn.beforeTrying(`command ${entry.id}`)
    if (E.isLeft(crashed)) return crashed
    const answer: Answered<Command> =
      crashed.right === undefined
        ? await send(entry, turn)
        : { _tag: 'Failed', entry, cause: crashed.right }
    if (answer._tag === 'Failed' && turn.abandonment.isAbandoned()) break
    answers.push(answer)
    if (answer._tag === 'Failed') break
  }
  return E.right(answers)
}
