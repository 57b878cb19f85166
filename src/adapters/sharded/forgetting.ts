import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import type { InvalidOperation } from '../../core/errors/operator'
import type { StoreFailed } from '../../core/errors/store'
import {
  type Forgetting,
  forgettingProblem,
  type ForgottenSubject,
  nothingToForget,
} from '../../core/operator/forgetting'
import type { Operator } from '../../core/ports/operator'
import type { SubjectKeys } from '../../core/ports/subject-keys'

/** What forgets a subject on a shard. */
export interface OperatedShard {
  readonly operator: Operator
  readonly subjectKeys: SubjectKeys
}

type Answer = E.Either<StoreFailed | InvalidOperation, ForgottenSubject>

/** What a shard knows of a subject: its key, or that it was forgotten; nothing; or it does not answer. */
type Known = 'something' | 'nothing' | StoreFailed

const knownOn = async ({ subjectKeys }: OperatedShard, subject: string): Promise<Known> => {
  const found = await subjectKeys.find([subject])()
  if (E.isLeft(found)) return found.left
  return found.right.length === 0 ? 'nothing' : 'something'
}

/**
 * Forgets a subject on every shard, also on those that have no data about it: otherwise it would get a key there with its next
 * event, and be back. Answers what was written down first.
 *
 * Fails with
 * - `InvalidOperation`: no shard has personal data of the subject, or an argument is not valid.
 * - `StoreFailed`: a shard did not answer. The others have forgotten it: repeat it.
 */
export const forgetOnAll =
  (
    shards: ReadonlyArray<OperatedShard>,
    forgetting: Forgetting,
  ): TaskEither<StoreFailed | InvalidOperation, ForgottenSubject> =>
  async () => {
    const problem = forgettingProblem(forgetting)
    if (problem !== undefined) return E.left(problem)
    const known = await Promise.all(shards.map((shard) => knownOn(shard, forgetting.subject)))
    const failed = known.find((one) => typeof one === 'object')
    const which = (wanted: Known) => shards.filter((_shard, index) => known[index] === wanted)

    const destroyed = await Promise.all(
      which('something').map(({ operator }) => operator.forgetSubject(forgetting)()),
    )
    if (failed !== undefined) {
      return E.left(destroyed.some(E.isRight) ? { ...failed, outcome: 'unknown' } : failed)
    }
    if (destroyed.length === 0 && forgetting.ifUnknown !== 'forget') {
      return E.left(nothingToForget(forgetting.subject))
    }
    const unknown = await Promise.all(
      which('nothing').map(({ operator }) =>
        operator.forgetSubject({ ...forgetting, ifUnknown: 'forget' })(),
      ),
    )
    return earliest([...destroyed, ...unknown])
  }

/** The failure among some answers, or else the one that was written down first. */
const earliest = (answers: ReadonlyArray<Answer>): Answer =>
  answers.reduce((first, answer) => {
    if (E.isLeft(first) || E.isLeft(answer)) return E.isLeft(first) ? first : answer
    return answer.right.forgottenAt < first.right.forgottenAt ? answer : first
  })
