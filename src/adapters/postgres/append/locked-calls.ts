import * as E from 'fp-ts/Either'
import {
  type Overloaded,
  overloaded,
  storeFailed,
  type StoreFailed,
} from '../../../core/errors/store'
import type { AppendError, AppendTogetherError } from '../../../core/errors/unions'
import { performance } from '../../../platform/node'
import { isLocked } from './append'

export type Answer<Failure, Stored> = E.Either<Failure | StoreFailed | Overloaded, Stored>

/** What waits for a lock of another transaction, and how it is tried. */
export interface TriedCalls<Call, Failure, Stored> {
  /** One on its own, until it is answered for good. Waits for a lock only briefly. Never rejects. */
  readonly alone: (call: Call) => Promise<Answer<Failure, Stored>>
  /** What another transaction may have locked of it. */
  readonly namesOf: (call: Call) => ReadonlyArray<string>
  /** How much memory it takes up, in UTF-16 code units. */
  readonly weightOf: (call: Call) => number
}

/** How much may wait for locks of other transactions. */
export interface LockedBounds {
  /** How many connections at a time wait for locks. */
  readonly connections: number
  /** How long an append waits for a lock at most, in milliseconds. */
  readonly timeout: number
}

/** How many appends wait at most: for their statement, and for locks. */
export const QUEUED_APPENDS = 20_000
/** How much data they hold together, in UTF-16 code units. More could end the process. */
export const QUEUED_JSON = 134_217_728

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
export interface LockedCalls<Call, Answered> {
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
export const lockedCalls = <
  Call extends object,
  Failure extends AppendError | AppendTogetherError,
  Stored,
>(
  { alone, namesOf, weightOf }: TriedCalls<Call, Failure, Stored>,
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
