import { performance } from 'node:perf_hooks'
import * as E from 'fp-ts/Either'
import { overloaded, storeFailed } from '../../../core/errors/store'
import type { StreamId } from '../../../core/stream'
import { type AppendAnswer, isLocked, type RunAppend } from './append-answer'
import { type EncodedAppend, lengthOf } from './encoded-append'

/** How much locked streams may take up. */
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

interface Waiting {
  readonly append: EncodedAppend
  readonly length: number
  /** When it is given up. */
  readonly end: number
  readonly answer: (answer: AppendAnswer) => void
}

/** Streams that another transaction has locked, with the appends that wait for it. */
export interface LockedStreams {
  readonly isEmpty: () => boolean
  readonly has: (streamId: StreamId) => boolean
  readonly append: RunAppend
}

/**
 * Appends to locked streams take turns, on a bounded number of connections: each tries for as long as `run` waits for
 * a lock, and then it is the next stream's turn. So neither many locked streams nor one that stays locked holds up
 * any other. An append fails with `TimedOut` after the time that is given.
 */
export const lockedStreams = (
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
