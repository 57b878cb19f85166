import { performance } from 'node:perf_hooks'
import * as E from 'fp-ts/Either'
import {
  isIsolatable,
  type Overloaded,
  overloaded,
  storeFailed,
  type StoreFailed,
} from '../../../core/errors/store'
import type { AppendError, AppendTogetherError } from '../../../core/errors/unions'
import { JSON_PER_STATEMENT } from '../../../core/limits'
import { grouped, type Grouping } from '../connection/grouped'
import {
  type AnyAnswer,
  appendAlone,
  isLocked,
  isOvertaken,
  lengthOf,
  type RunAppend,
  type RunAppends,
} from './append'
import { oneUnit, type RunUnits, type Unit, type UnitAnswer } from './append-together'

type Answer<Failure, Stored> = E.Either<Failure | StoreFailed | Overloaded, Stored>

/** Calls that share statements: appends to one stream each, or units of several. */
interface Calls<Call, Failure, Stored> extends Pick<
  Grouping<Call, Answer<Failure, Stored>>,
  'name' | 'keyOf' | 'sizeOf' | 'weightOf' | 'claimsOf'
> {
  /** Waits for a lock only briefly. Never rejects. */
  readonly run: (calls: ReadonlyArray<Call>) => Promise<ReadonlyArray<Answer<Failure, Stored>>>
  /** One on its own, until it is answered for good. */
  readonly alone: (call: Call) => Promise<Answer<Failure, Stored>>
  /** What another transaction may have locked of it. */
  readonly namesOf: (call: Call) => ReadonlyArray<string>
}

/** How much may wait for locks of other transactions. */
export interface LockedBounds {
  /** How many connections at a time wait for locks. */
  readonly connections: number
  /** How long an append waits for a lock at most, in milliseconds. */
  readonly timeout: number
}

/** How many appends wait at most: for their statement, and for locks. */
const QUEUED_APPENDS = 20_000
/** How much data they hold together, in UTF-16 code units. More could end the process. */
const QUEUED_JSON = 134_217_728

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
      isOvertaken(answer) || (group.length > 1 && !isLocked(answer) && mayBeCausedByOne(answer))
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

interface Waiting<Call, Answered> {
  readonly call: Call
  readonly length: number
  /** When it is given up. */
  readonly end: number
  readonly answer: (answer: Answered | Promise<Answered>) => void
}

/** Something that another transaction has locked, with the calls that wait for it: the first one tries. */
interface Locked<Call, Answered> {
  readonly names: Set<string>
  readonly queue: Array<Waiting<Call, Answered>>
}

/** Calls that wait for what another transaction has locked. */
interface LockedCalls<Call, Answered> {
  readonly isEmpty: () => boolean
  /** Whether it has to wait as well. */
  readonly has: (call: Call) => boolean
  readonly wait: (call: Call) => Promise<Answered>
}

/**
 * What is locked is tried in turns, on a bounded number of connections: each time for as long as `alone` waits for a
 * lock, and then it is the next one's turn. So neither much that is locked nor what stays locked holds up anything
 * else. When the lock is gone, those that have waited behind the first share statements again. A call fails with
 * `TimedOut` after the time that is given.
 */
const lockedCalls = <
  Call extends object,
  Failure extends AppendError | AppendTogetherError,
  Stored,
>(
  { alone, namesOf, weightOf }: Calls<Call, Failure, Stored>,
  { connections, timeout }: LockedBounds,
  share: (call: Call) => Promise<Answer<Failure, Stored>>,
): LockedCalls<Call, Answer<Failure, Stored>> => {
  type Answered = Answer<Failure, Stored>
  const byName = new Map<string, Locked<Call, Answered>>()
  const turns: Array<Locked<Call, Answered>> = []
  const ends = new WeakMap<Call, number>() // also of those that share a statement again, and run into a lock again
  let trying = 0
  let waiting = 0
  let waitingLength = 0

  const settle = (
    { length, answer }: Waiting<Call, Answered>,
    found: Answered | Promise<Answered>,
  ) => {
    waiting -= 1
    waitingLength -= length
    answer(found)
  }

  const lockedOf = (call: Call): Locked<Call, Answered> | undefined => {
    for (const name of namesOf(call)) {
      const known = byName.get(name)
      if (known !== undefined) return known
    }
    return undefined
  }

  const enqueue = (one: Waiting<Call, Answered>): void => {
    const known = lockedOf(one.call)
    if (known !== undefined) {
      known.queue.push(one)
      return
    }
    const fresh = { names: new Set(namesOf(one.call)), queue: [one] }
    for (const name of fresh.names) byName.set(name, fresh)
    turns.push(fresh)
  }

  const forget = ({ names }: Locked<Call, Answered>): void => {
    for (const name of names) byName.delete(name)
  }

  const attempt = async (call: Call): Promise<Answered> => {
    try {
      return await alone(call)
    } catch (cause) {
      return E.left(storeFailed('Unexpected', 'unknown', cause))
    }
  }

  const takeTurn = async (locked: Locked<Call, Answered>): Promise<void> => {
    const [first] = locked.queue
    if (first === undefined) return
    const found = await attempt(first.call)
    if (!isLocked(found)) {
      forget(locked)
      settle(first, found)
      for (const one of locked.queue.slice(1)) settle(one, share(one.call))
      return
    }
    const now = performance.now()
    const left = locked.queue.filter(({ end }) => end > now)
    for (const one of locked.queue) if (one.end <= now) settle(one, found)
    if (left[0] === first) {
      locked.queue.splice(0, locked.queue.length, ...left)
      turns.push(locked)
      return
    }
    forget(locked) // the next one may wait for other names
    for (const one of left) enqueue(one)
  }

  const advance = (): void => {
    while (trying < connections) {
      const locked = turns.shift()
      if (locked === undefined) return
      trying += 1
      void takeTurn(locked).then(() => {
        trying -= 1
        advance()
      })
    }
  }

  return {
    isEmpty: () => byName.size === 0,
    has: (call: Call) => lockedOf(call) !== undefined,
    wait: (call: Call): Promise<Answered> => {
      const length = weightOf(call)
      if (waiting >= QUEUED_APPENDS || (waiting > 0 && waitingLength + length > QUEUED_JSON)) {
        return Promise.resolve(E.left(overloaded('appends to locked streams', waiting)))
      }
      waiting += 1
      waitingLength += length
      const end = ends.get(call) ?? performance.now() + timeout
      ends.set(call, end)
      return new Promise((answer) => {
        enqueue({ call, length, end, answer })
        advance()
      })
    },
  }
}

/** Group commit of appends to one stream each. */
export const groupedAppends = (run: RunAppends, bounds: LockedBounds): RunAppend =>
  groupCommit(
    {
      name: 'appends',
      run,
      alone: appendAlone(run),
      keyOf: ({ streamId }) => streamId,
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
      namesOf: (unit) => [...streamsOf(unit), ...unit.locks.map(({ name }) => name)],
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
