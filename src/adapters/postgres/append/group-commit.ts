import * as E from 'fp-ts/Either'
import { isIsolatable, storeFailed } from '../../../core/errors/store'
import { grouped, type Grouping } from '../connection/grouped'
import {
  appendAlone,
  type AppendAnswer,
  isOvertaken,
  type RunAppend,
  type RunAppends,
} from './append-answer'
import { type EncodedAppend, lengthOf } from './encoded-append'

const grouping: Grouping<EncodedAppend, AppendAnswer> = {
  name: 'appends',
  depth: 20_000,
  statements: 4,
  slow: 25,
  size: 1_000,
  sizeOf: ({ events }) => events.length,
  // In UTF-16 code units. More in a statement is not faster; more in the queue could end the process.
  weight: 4_000_000,
  queueWeight: 134_217_728,
  weightOf: lengthOf,
  failed: (cause) => E.left(storeFailed('Unexpected', 'unknown', cause)),
  keyOf: ({ streamId }) => streamId,
}

/** Whether a group failed in a way that one of its appends may have caused. */
const mayBeCausedByOne = (answer: AppendAnswer): boolean =>
  E.isLeft(answer) && answer.left._tag === 'StoreFailed' && isIsolatable(answer.left)

/**
 * Group commit: appends that arrive while a statement is under way share the next one. A conflict of one caller, or a
 * payload that the server refuses, does not affect the others: then each is sent on its own.
 */
export const groupCommit = (run: RunAppends): RunAppend => {
  const alone = appendAlone(run)
  const runGroup: RunAppends = (group) =>
    run(group).then((answers) => {
      const mustSendAlone = (answer: AppendAnswer): boolean =>
        isOvertaken(answer) || (group.length > 1 && mayBeCausedByOne(answer))
      if (!answers.some(mustSendAlone)) return answers
      return Promise.all(
        answers.map((answer, index) => {
          const append = group[index]
          return append !== undefined && mustSendAlone(answer)
            ? alone(append)
            : Promise.resolve(answer)
        }),
      )
    })
  return grouped(runGroup, grouping)
}
