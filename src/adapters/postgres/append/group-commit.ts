import * as E from 'fp-ts/Either'
import { isIsolatable, storeFailed } from '../../../core/errors/store'
import { JSON_PER_STATEMENT } from '../../../core/limits'
import { grouped, type Grouping } from '../connection/grouped'
import {
  appendAlone,
  type AppendAnswer,
  isLocked,
  isOvertaken,
  type RunAppend,
  type RunAppends,
} from './append-answer'
import { type EncodedAppend, lengthOf } from './encoded-append'
import { type LockedBounds, lockedStreams, QUEUED_APPENDS, QUEUED_JSON } from './locked-streams'

const grouping: Grouping<EncodedAppend, AppendAnswer> = {
  name: 'appends',
  depth: QUEUED_APPENDS,
  statements: 4,
  slow: 25,
  size: 1_000,
  sizeOf: ({ events }) => events.length,
  weight: JSON_PER_STATEMENT,
  queueWeight: QUEUED_JSON,
  weightOf: lengthOf,
  failed: (cause) => E.left(storeFailed('Unexpected', 'unknown', cause)),
  keyOf: ({ streamId }) => streamId,
}

/** Whether a group failed in a way that one of its appends may have caused. */
const mayBeCausedByOne = (answer: AppendAnswer): boolean =>
  E.isLeft(answer) && answer.left._tag === 'StoreFailed' && isIsolatable(answer.left)

/** Into how many parts a group is split that contains a locked stream. */
const PARTS = 8

/**
 * Group commit: appends that arrive while a statement is under way share the next one. A conflict of one caller, or a
 * payload that the server refuses, does not affect the others: then each is sent on its own. Nor does a stream that
 * another transaction has locked: it is found by splitting the group, and waits aside.
 *
 * @param run - waits for a lock only briefly: see `appendStatements`.
 */
export const groupCommit = (run: RunAppends, bounds: LockedBounds): RunAppend => {
  const alone = appendAlone(run)
  const locked = lockedStreams(alone, bounds)

  /** Sends what ran into a lock again, in parts, until the locked streams are alone. */
  const split = async (
    group: ReadonlyArray<EncodedAppend>,
    answered: ReadonlyArray<AppendAnswer>,
  ): Promise<ReadonlyArray<AppendAnswer>> => {
    const answers = [...answered]
    const held = [...answers.keys()].filter((index) => answers[index] && isLocked(answers[index]))
    if (group.length === 1 || held.length === 0) return answers
    const size = Math.ceil(held.length / PARTS)
    for (let start = 0; start < held.length; start += size) {
      const part = held.slice(start, start + size)
      const again = part.flatMap((index) => group[index] ?? [])
      const sent = await split(again, await run(again))
      for (const [place, index] of part.entries()) {
        const answer = sent[place]
        if (answer !== undefined) answers[index] = answer
      }
    }
    return answers
  }

  const repair = async (
    group: ReadonlyArray<EncodedAppend>,
    answered: ReadonlyArray<AppendAnswer>,
  ): Promise<ReadonlyArray<AppendAnswer>> => {
    const answers = await split(group, answered)
    const mustSendAlone = (answer: AppendAnswer): boolean =>
      isOvertaken(answer) || (group.length > 1 && !isLocked(answer) && mayBeCausedByOne(answer))
    if (!answers.some(mustSendAlone)) return answers
    return Promise.all(
      answers.map((answer, index) => {
        const append = group[index]
        return append !== undefined && mustSendAlone(answer)
          ? alone(append)
          : Promise.resolve(answer)
      }),
    )
  }

  const runGroup: RunAppends = (group) =>
    run(group).then((answers) => (answers.every(E.isRight) ? answers : repair(group, answers)))

  const share = grouped((group: ReadonlyArray<EncodedAppend>) => {
    // Most of the time there is none.
    const free = locked.isEmpty() ? group : group.filter(({ streamId }) => !locked.has(streamId))
    const answered = free.length === 0 ? Promise.resolve([]) : runGroup(free)
    return answered.then((answers: ReadonlyArray<AppendAnswer>) => {
      if (free.length === group.length && !answers.some(isLocked)) return answers
      let next = 0
      return group.map((append) => {
        const answer = free[next] === append ? answers[next++] : undefined
        return answer === undefined || isLocked(answer) ? locked.append(append) : answer
      })
    })
  }, grouping)
  return (append) => (locked.has(append.streamId) ? locked.append(append) : share(append))
}
