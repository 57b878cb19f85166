import { performance } from 'node:perf_hooks'
import * as E from 'fp-ts/Either'
import { isIsolatable, overloaded, storeFailed } from '../../../core/errors/store'
import { JSON_PER_STATEMENT } from '../../../core/limits'
import type { StreamId } from '../../../core/stream'
import { grouped, type Grouping } from '../connection/grouped'
import {
  appendAlone,
  type AppendAnswer,
  type EncodedAppend,
  isLocked,
  isOvertaken,
  lengthOf,
  type RunAppend,
  type RunAppends,
} from './append'

/** How many appends wait at most: for their statement, and for locks. */
const QUEUED_APPENDS = 20_000
/** How much data they hold together, in UTF-16 code units. More could end the process. */
const QUEUED_JSON = 134_217_728

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

/** How much locked streams may take up. */
export interface LockedBounds {
  /** How many connections at a time wait for locks. */
  readonly connections: number
  /** How long an append waits for a lock at most, in milliseconds. */
  readonly timeout: number
}

interface Waiting {
  readonly append: EncodedAppend
  readonly length: number
  /** When it is given up. */
  readonly end: number
  readonly answer: (answer: AppendAnswer) => void
}

/** Streams that another transaction has locked, with the appends that wait for it. */
interface LockedStreams {
  readonly isEmpty: () => boolean
  readonly has: (streamId: StreamId) => boolean
  readonly append: RunAppend
}

/**
 * Appends to locked streams take turns, on a bounded number of connections: each tries for as long as `run` waits for
 * a lock, and then it is the next stream's turn. So neither many locked streams nor one that stays locked holds up
 * any other. An append fails with `TimedOut` after the time that is given.
 */
const lockedStreams = (
  run: RunAppend,
  { connections, timeout }: LockedBounds,
): LockedStreams => {
  // In the order of their turns. A stream stays here while one of its appends is tried.
  const streams = new Map<StreamId, Waiting[]>()
  const turns: StreamId[] = []
  let trying = 0
  let waiting = 0
  let waitingLength = 0

  const settle = ({ length, answer }: Waiting, found: AppendAnswer): void => {
    waiting -= 1
    waitingLength -= length
    answer(found)
  }

  const attempt = async (append: EncodedAppend): Promise<AppendAnswer> => {
    try {
      return await run(append)
    } catch (cause) {
      return E.left(storeFailed('Unexpected', 'unknown', cause))
    }
  }

  const takeTurn = async (streamId: StreamId): Promise<void> => {
    const queue = streams.get(streamId) ?? []
    const [first] = queue
    if (first !== undefined) {
      const found = await attempt(first.append)
      const now = performance.now()
      const settled = isLocked(found) ? queue.filter(({ end }) => end <= now) : [first]
      for (const one of settled) {
        queue.splice(queue.indexOf(one), 1)
        settle(one, found)
      }
    }
    if (queue.length === 0) streams.delete(streamId)
    else turns.push(streamId)
  }

  const advance = (): void => {
    while (trying < connections) {
      const streamId = turns.shift()
      if (streamId === undefined) return
      trying += 1
      void takeTurn(streamId).then(() => {
        trying -= 1
        advance()
      })
    }
  }

  return {
    isEmpty: () => streams.size === 0,
    has: (streamId) => streams.has(streamId),
    append: (append) => {
      const length = lengthOf(append)
      if (waiting >= QUEUED_APPENDS || (waiting > 0 && waitingLength + length > QUEUED_JSON)) {
        return Promise.resolve(E.left(overloaded('appends to locked streams', waiting)))
      }
      waiting += 1
      waitingLength += length
      return new Promise((answer) => {
        const one = { append, length, end: performance.now() + timeout, answer }
        const known = streams.get(append.streamId)
        if (known === undefined) {
          streams.set(append.streamId, [one])
          turns.push(append.streamId)
          advance()
        } else known.push(one)
      })
    },
  }
}
