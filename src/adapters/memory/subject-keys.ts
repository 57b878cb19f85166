import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { byCodePoints } from '../../core/code-points'
import { forgettingProblem, nothingToForget } from '../../core/operator/forgetting'
import type { Operator } from '../../core/ports/operator'
import type {
  BackendSubjectKeys,
  StoredSubjectKey,
  SubjectKeys,
  WrappedSubjectKey,
} from '../../core/ports/subject-keys'
import type { MemoryLog } from './log'
import type { MemoryAudit } from './operator-audit'

type Keys = Pick<MemoryLog, 'subjectKeys'>

const stored = ({ subjectKeys }: Keys, subject: string): ReadonlyArray<StoredSubjectKey> => {
  const found = subjectKeys.get(subject)
  if (found === undefined) return []
  return 'wrapped' in found ? [found] : [{ subject, masterKey: '' }]
}

/** The keys of subjects, in memory. A transaction does not keep them apart: nothing is lost by a key too many. */
export const memorySubjectKeys = (log: Keys): BackendSubjectKeys<unknown> => {
  const { subjectKeys } = log
  const keys: SubjectKeys = {
    find: (subjects) => TE.fromIO(() => subjects.flatMap((subject) => stored(log, subject))),
    add: (added) =>
      TE.fromIO(() => {
        for (const key of added) {
          if (!subjectKeys.has(key.subject)) subjectKeys.set(key.subject, { ...key })
        }
        return added.flatMap(({ subject }) => stored(log, subject))
      }),
    page: ({ after, limit, notWrappedBy }) =>
      TE.fromIO(() =>
        [...subjectKeys.values()]
          .filter((key): key is WrappedSubjectKey => 'wrapped' in key)
          .filter(
            ({ subject, masterKey }) =>
              byCodePoints(subject, after) > 0 && masterKey !== notWrappedBy,
          )
          .sort((one, other) => byCodePoints(one.subject, other.subject))
          .slice(0, limit),
      ),
    rewrap: (before, after) =>
      TE.fromIO(() => {
        const now = subjectKeys.get(before.subject)
        if (now !== undefined && 'wrapped' in now && now.wrapped === before.wrapped) {
          subjectKeys.set(before.subject, { ...after })
        }
      }),
  }
  return { ...keys, inTransaction: () => keys }
}

/** Forgetting subjects. */
export const memoryForgetting = (
  { subjectKeys }: Keys,
  audit: MemoryAudit,
  onForgotten: () => void,
): Pick<Operator, 'forgetSubject'> => ({
  forgetSubject: (forgetting) => {
    const problem = forgettingProblem(forgetting)
    if (problem !== undefined) return TE.left(problem)
    const { subject, by, why, ifUnknown } = forgetting
    return TE.fromIOEither(() => {
      const found = subjectKeys.get(subject)
      if (found === undefined && ifUnknown !== 'forget') return E.left(nothingToForget(subject))
      if (found !== undefined && !('wrapped' in found)) return E.right(found)
      const { at: forgottenAt } = audit.add(
        { operator: by, action: 'forget', subject, detail: { why } },
        { outcome: 'done', message: 'forgotten' },
      )
      const forgotten = { subject, by, why, forgottenAt }
      subjectKeys.set(subject, forgotten)
      onForgotten()
      return E.right(forgotten)
    })
  },
})
