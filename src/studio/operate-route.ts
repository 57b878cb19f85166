import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import { fieldOf } from '../core/issue'
import type { JsonObject } from '../core/json'
import type { OperatorAction } from '../core/operator/audit'
import type { Decision } from '../core/ports/operator'
import { processOf } from '../core/process-manager'
import { count } from '../core/text'
import { httpProblem, type Problem } from '../http/problem'
import type { OperatedAnswer } from './answers'
import { type Environment, type LibraryError, problemOfError } from './environment'

/** What may be done here, validated. */
type Wish =
  | {
      readonly action: Decision
      readonly subject: string
      readonly positions: ReadonlyArray<number>
      readonly commands: ReadonlyArray<string>
    }
  | { readonly action: 'resume' | 'rebuild'; readonly subject: string }

const MOST_SUBJECTS = 1_000

const malformed = httpProblem(
  400,
  'malformed-content',
  'The content must be { action, subject, reason?, positions?, commands? }: retry or skip with 1 to 1,000 positions or command ids, or resume, or rebuild.',
)
const notPermitted = httpProblem(
  403,
  'read-only',
  'The studio is read-only. To permit this, start it with --operate.',
)

const isPosition = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 1

const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''

const listOf = <Item>(
  value: unknown,
  isItem: (item: unknown) => item is Item,
): ReadonlyArray<Item> | undefined => {
  if (value === undefined) return []
  return Array.isArray(value) && value.length <= MOST_SUBJECTS && value.every(isItem)
    ? value
    : undefined
}

const wishOf = (content: unknown): Wish | undefined => {
  const action = fieldOf(content, 'action')
  const subject = fieldOf(content, 'subject')
  if (!isText(subject)) return undefined
  if (action === 'resume' || action === 'rebuild') return { action, subject }
  if (action !== 'retry' && action !== 'skip') return undefined
  const positions = listOf(fieldOf(content, 'positions'), isPosition)
  const commands = listOf(fieldOf(content, 'commands'), isText)
  return positions === undefined || commands === undefined || positions.length + commands.length < 1
    ? undefined
    : { action, subject, positions, commands }
}

const detailOf = (wish: Wish, reason: unknown): JsonObject => ({
  ...('positions' in wish && wish.positions.length > 0 ? { positions: wish.positions } : {}),
  ...('commands' in wish && wish.commands.length > 0 ? { commands: wish.commands } : {}),
  ...(isText(reason) ? { reason: reason.slice(0, 1_000) } : {}),
})

const nothing: LibraryError = {
  _tag: 'NothingHeld',
  message: 'Nothing of that is held any more: another operator has decided, or it was handled.',
}

type Done = E.Either<LibraryError, string>

const decided = async (
  { backend: { operator } }: Environment,
  { action, subject, positions, commands }: Extract<Wish, { readonly commands: unknown }>,
): Promise<Done> => {
  let done = 0
  if (positions.length > 0) {
    const events = await operator.decide(subject, action, positions)()
    if (E.isLeft(events)) return events
    done += events.right.length
  }
  if (action === 'skip') {
    for (const position of positions) {
      const continued = await operator.skipStopped(subject, position)()
      if (E.isLeft(continued)) return continued
      done += continued.right.length
    }
  }
  const process = processOf(subject)
  if (commands.length > 0 && process !== undefined) {
    const ids = await operator.decideCommands(process, action, commands)()
    if (E.isLeft(ids)) return ids
    done += ids.right.length
  }
  if (done === 0) return E.left(nothing)
  return E.right(
    action === 'retry'
      ? `${count(done, 'item')} will be retried, within about two seconds if a program runs ${subject}.`
      : `${count(done, 'item')} skipped.`,
  )
}

const carriedOut = async (environment: Environment, wish: Wish): Promise<Done> => {
  switch (wish.action) {
    case 'retry':
    case 'skip':
      return decided(environment, wish)
    case 'resume': {
      const resumed = await environment.backend.operator.resume(wish.subject)()
      if (E.isLeft(resumed)) return resumed
      return resumed.right.length === 0
        ? E.left({ _tag: 'NothingStopped', message: `No partition of ${wish.subject} is stopped.` })
        : E.right(`${count(resumed.right.length, 'partition')} of ${wish.subject} resumed.`)
    }
    case 'rebuild': {
      const started = await environment.rebuilds.start(wish.subject)()
      return E.isLeft(started)
        ? started
        : E.right(
            `The rebuild of ${wish.subject} has begun. Readers see the old build until it is done.`,
          )
    }
  }
}

/**
 * Retries, skips, resumes or rebuilds. First the action is recorded with the operator's name, then it is carried out, then
 * its outcome is recorded: what cannot be recorded is not done.
 */
export const operate =
  (environment: Environment, content: unknown): TaskEither<Problem, OperatedAnswer> =>
  async () => {
    const { operator: name, backend } = environment
    if (name === undefined) return E.left(notPermitted)
    const wish = wishOf(content)
    if (wish === undefined) return E.left(malformed)
    const action: OperatorAction = {
      operator: name,
      action: wish.action,
      subject: wish.subject,
      detail: detailOf(wish, fieldOf(content, 'reason')),
    }
    const recorded = await backend.operator.recordAction(action)()
    if (E.isLeft(recorded)) return E.left(problemOfError(environment)(recorded.left))
    const done = await carriedOut(environment, wish)
    const outcome = E.isRight(done)
      ? ({ outcome: 'done', message: done.right } as const)
      : ({ outcome: 'failed', message: environment.explain(done.left) } as const)
    // If this fails, the entry says that the outcome is not known: which is true.
    await backend.operator.recordOutcome(recorded.right, outcome)()
    return E.isRight(done)
      ? E.right({ message: done.right })
      : E.left(problemOfError(environment)(done.left))
  }
