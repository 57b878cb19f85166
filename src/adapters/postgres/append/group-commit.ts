import * as E from 'fp-ts/Either'
import { appendAlone, type AppendPrepared, isOvertaken, type RunAppends } from './append'
import type { AppendAnswer } from './append-answer'
import { grouped, type Grouping } from '../connection/grouped'
import type { PreparedAppend } from './encoded-append'

const grouping: Grouping<PreparedAppend> = {
  name: 'the append queue',
  depth: 20_000,
  statements: 4,
  slow: 25,
  size: 1_000,
  sizeOf: ({ events }) => events.length,
  keyOf: ({ streamId }) => streamId,
}

/** Whether a group should be tried one by one: the server has refused, and one of them is to blame. */
const oneIsToBlame = (answer: AppendAnswer): boolean =>
  E.isLeft(answer) &&
  answer.left._tag === 'StoreFailed' &&
  answer.left.outcome === 'nothingWritten' &&
  ['Unexpected', 'DataRefused', 'TimedOut', 'TransactionRefused'].includes(answer.left.reason)

/**
 * Group commit: appends that arrive while a statement is under way share the next one. One caller's
 * conflict, or a payload that the server refuses, is nobody else's: then each goes out on its own.
 */
export const groupCommit = (run: RunAppends): AppendPrepared => {
  const alone = appendAlone(run)
  const runGroup: RunAppends = async (group) => {
    const answers = await run(group)
    const mustAskAgain = (answer: AppendAnswer): boolean =>
      isOvertaken(answer) || (group.length > 1 && oneIsToBlame(answer))
    if (!answers.some(mustAskAgain)) return answers
    return Promise.all(
      answers.map((answer, index) => {
        const append = group[index]
        return append !== undefined && mustAskAgain(answer)
          ? alone(append)
          : Promise.resolve(answer)
      }),
    )
  }
  return grouped(runGroup, grouping)
}
