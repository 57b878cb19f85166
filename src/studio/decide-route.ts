import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import { describeIssues, fieldOf } from '../core/issue'
import { categoryOf, MAXIMUM_VERSION, streamIdError } from '../core/stream'
import { httpProblem, type Problem } from '../http/problem'
import { catching } from '../shell/catching'
import { decideOn } from '../shell/category/decide'
import type { Versioned } from '../shell/state/replay'
import type { DecisionAnswer } from './answers'
import { type Environment, problemOfError } from './environment'
import { plain } from './plain'
import { shownChanges, shownValue } from './shown-events'
import { type AnyCategory, isUnknown } from './states'

const failed = (error: string, message: string): DecisionAnswer => ({
  _tag: 'Failed',
  error,
  message,
})

const decideAt = (
  { mask }: Environment,
  category: AnyCategory,
  streamId: string,
  { input, current }: { readonly input: unknown; readonly current: Versioned<unknown> },
): DecisionAnswer => {
  const command = catching(() => category.commands.decode(input))
  if (E.isLeft(command)) return failed('CodecThrew', 'The codec of the command threw.')
  if (E.isLeft(command.right)) {
    return failed('InvalidCommand', describeIssues(command.right.left))
  }
  const decided = decideOn(category, streamId, command.right.right, current)
  if (E.isLeft(decided)) {
    const { left: error } = decided
    return error._tag === 'Rejected'
      ? {
          _tag: 'Rejected',
          rejection: shownValue(mask, plain(error.rejection)),
          message: error.message,
        }
      : failed(error._tag, error.message)
  }
  const { events, next } = decided.right
  return {
    _tag: 'Accepted',
    events: events.map(({ encoded: { type, schemaVersion, data } }) => ({
      type,
      schemaVersion,
      data: shownValue(mask, data),
    })),
    state: shownValue(mask, plain(next.state)),
    ...shownChanges(mask, plain(current.state), plain(next.state)),
  }
}

const malformed = httpProblem(
  400,
  'malformed-content',
  'The content must be { stream, version, command }: the id of a stream, one of its versions, a command.',
)
const noDecider = httpProblem(
  409,
  'no-decider',
  'No decider was given for this category: start the studio with --module <file>.',
)

/**
 * What a command would do at a version of a stream: the same code that handles commands decides, on the state as it was
 * then. Pure: nothing is stored, and nothing is sent.
 */
export const decideAgain =
  (environment: Environment, content: unknown): TaskEither<Problem, DecisionAnswer> =>
  async () => {
    const streamId = fieldOf(content, 'stream')
    const version = fieldOf(content, 'version')
    const isValid =
      typeof streamId === 'string' &&
      streamIdError(streamId) === undefined &&
      typeof version === 'number' &&
      Number.isInteger(version) &&
      version >= 0 &&
      version <= MAXIMUM_VERSION
    if (!isValid) return E.left(malformed)
    const category = environment.categories.find(({ name }) => name === categoryOf(streamId))
    if (category === undefined) return E.left(noDecider)
    const state = await environment.states(category, streamId, version)()
    if (E.isRight(state)) {
      const asked = { input: fieldOf(content, 'command'), current: state.right.at }
      return E.right(decideAt(environment, category, streamId, asked))
    }
    const { left: error } = state
    return isUnknown(error)
      ? E.right(failed(error._tag, error.message))
      : E.left(problemOfError(environment)(error))
  }
