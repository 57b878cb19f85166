import * as E from 'fp-ts/Either'
import { isIsolatable, storeFailed } from '../../../core/errors/store'
import type { AppendError, AppendTogetherError } from '../../../core/errors/unions'
import { JSON_PER_STATEMENT } from '../../../core/limits'
import { grouped, type Grouping } from '../connection/grouped'
import {
  type AnyAnswer,
  appendAlone,
  isLocked,
  lengthOf,
  type RunAppend,
  type RunAppends,
} from './append'
import { oneUnit, type RunUnits, type Unit, type UnitAnswer } from './append-together'
import {
  type Answer,
  type LockedBounds,
  lockedCalls,
  QUEUED_APPENDS,
  QUEUED_JSON,
  type TriedCalls,
} from './locked-calls'

/** Calls that share statements: appends to one stream each, or units of several. */
interface Calls<Call, Failure, Stored>
  extends
    TriedCalls<Call, Failure, Stored>,
    Pick<
      Grouping<Call, Answer<Failure, Stored>>,
      'name' | 'keyOf' | 'oneAtATime' | 'sizeOf' | 'claimsOf'
    > {
  /** Waits for a lock only briefly. Never rejects. */
  readonly run: (calls: ReadonlyArray<Call>) => Promise<ReadonlyArray<Answer<Failure, Stored>>>
}

/** Whether a group failed in a way that one of its calls may have caused. */
const mayBeCausedByOne = (answer: AnyAnswer): boolean =>
  E.isLeft(answer) && answer.left._tag === 'StoreFailed' && isIsolatable(answer.left)

/** Into how many parts a group is split that contains something locked. */
const PARTS = 8

/**
 * Group commit: what arrives while a statement is under way shares the next one. A conflict of one caller, or a
 * payload that the server refuses, does not affect the others: then each is sent on its own. Nor does something that
 * another transaction has locked: it is found by splitting the group, and waits aside.
 */
const groupCommit = <
  Call extends object,
  Failure extends AppendError | AppendTogetherError,
  Stored,
>(
  calls: Calls<Call, Failure, Stored>,
  bounds: LockedBounds,
): ((call: Call) => Promise<Answer<Failure, Stored>>) => {
  type Answered = Answer<Failure, Stored>
  const { run, alone } = calls

  /** Sends what ran into a lock again, in parts, until what is locked is alone. */
  const split = async (
    group: ReadonlyArray<Call>,
    answered: ReadonlyArray<Answered>,
  ): Promise<ReadonlyArray<Answered>> => {
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
    group: ReadonlyArray<Call>,
    answered: ReadonlyArray<Answered>,
  ): Promise<ReadonlyArray<Answered>> => {
    const answers = await split(group, answered)
    const mustSendAlone = (answer: Answered): boolean =>
      group.length > 1 && !isLocked(answer) && mayBeCausedByOne(answer)
    if (!answers.some(mustSendAlone)) return answers
    return Promise.all(
      answers.map((answer, index) => {
        const call = group[index]
        return call !== undefined && mustSendAlone(answer) ? alone(call) : Promise.resolve(answer)
      }),
    )
  }

  const runGroup = (group: ReadonlyArray<Call>) =>
    run(group).then((answers) => (answers.every(E.isRight) ? answers : repair(group, answers)))

  const grouping: Grouping<Call, Answered> = {
    ...calls,
    depth: QUEUED_APPENDS,
    statements: 4,
    slow: 25,
    size: 1_000,
    weight: JSON_PER_STATEMENT,
    queueWeight: QUEUED_JSON,
    failed: (cause) => E.left(storeFailed('Unexpected', 'unknown', cause)),
  }
  const share: (call: Call) => Promise<Answered> = grouped((group: ReadonlyArray<Call>) => {
    // Most of the time nothing is locked.
    const free = locked.isEmpty() ? group : group.filter((call) => !locked.has(call))
    const answered = free.length === 0 ? Promise.resolve([]) : runGroup(free)
    return answered.then((answers: ReadonlyArray<Answered>) => {
      if (free.length === group.length && !answers.some(isLocked)) return answers
      let next = 0
      return group.map((call) => {
        const answer = free[next] === call ? answers[next++] : undefined
        return answer === undefined || isLocked(answer) ? locked.wait(call) : answer
      })
    })
  }, grouping)
  const locked = lockedCalls(calls, bounds, share)
  return (call) => (!locked.isEmpty() && locked.has(call) ? locked.wait(call) : share(call))
}

/** Group commit of appends to one stream each. */
export const groupedAppends = (run: RunAppends, bounds: LockedBounds): RunAppend =>
  groupCommit(
    {
      name: 'appends',
      run,
      alone: appendAlone(run),
      keyOf: ({ streamId }) => streamId,
      oneAtATime: true,
      namesOf: ({ streamId }) => [streamId],
      sizeOf: ({ events }) => events.length,
      weightOf: lengthOf,
    },
    bounds,
  )

const streamsOf = ({ appends }: Unit): ReadonlyArray<string> =>
  appends.map(({ streamId }) => `stream ${streamId}`)

/**
 * Group commit of units: two that name the same stream never share a statement, nor do two of which one asks for a tag
 * that the other one adds, or asks for, too: each would have to see the other.
 */
export const groupedUnits = (
  run: RunUnits,
  bounds: LockedBounds,
): ((unit: Unit) => Promise<UnitAnswer>) =>
  groupCommit(
    {
      name: 'appends to several streams',
      run,
      alone: oneUnit(run),
      keyOf: ({ appends }) => appends[0]?.streamId ?? '',
      claimsOf: (unit) => [
        ...streamsOf(unit).map((name) => ({ name, alone: true })),
        ...unit.locks.filter(({ name }) => name.startsWith('tag ')),
      ],
      // That tags are declared is locked by no one alone.
      namesOf: (unit) => [
        ...streamsOf(unit),
        ...unit.locks.map(({ name }) => name).filter((name) => !name.startsWith('tags of ')),
      ],
      // Each lock takes a place in the memory that all transactions share.
      sizeOf: ({ appends, locks }) =>
        Math.max(
          locks.length,
          appends.reduce((sum, { events }) => sum + events.length, 0),
        ),
      weightOf: ({ appends }) => appends.reduce((sum, append) => sum + lengthOf(append), 0),
    },
    bounds,
  )

/**
 * How long a statement of the group commit waits for a lock, in milliseconds: its other appends wait with it. Then
 * locked streams wait aside.
 */
export const GROUP_LOCK_TIMEOUT = 50
