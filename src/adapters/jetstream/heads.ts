import * as E from 'fp-ts/Either'
import { LRUCache } from 'lru-cache'
import { type StoreFailed, storeFailed } from '../../core/errors/store'
import type { StreamId, StreamVersion } from '../../core/stream'
import { sleep } from '../../platform/node'
import { type Commit, decodeCommit } from './commit'
import { type Deadline, type Link, pauseOf } from './link'
import { fromLeader, type StoredMessage } from './messages'

/** The end of a stream: of one that was never written to, zeros. */
export interface Head {
  /** The sequence of its last commit. */
  readonly sequence: number
  readonly version: StreamVersion
  /** When its last commit was recorded. */
  readonly at: number
}

/** The end of a stream as it was loaded, with what its last message holds. */
export interface LoadedHead extends Head {
  readonly commit?: Commit
}

export const NO_HEAD: Head = { sequence: 0, version: 0, at: 0 }

/** The ends of streams. What is remembered is where to look first, and is never believed. */
export interface Heads {
  /** The end as this process has last seen it, or `undefined`. */
  readonly remembered: (streamId: StreamId) => Head | undefined
  readonly remember: (streamId: StreamId, head: Head) => void
  /** The end as the leader has it. */
  readonly load: (
    streamId: StreamId,
    deadline: Deadline,
  ) => Promise<E.Either<StoreFailed, LoadedHead>>
}

/** The error for a message that holds something else than it should. */
export const corrupt = (message: StoredMessage, stream: string): StoreFailed =>
  storeFailed(
    'CorruptRow',
    'nothingWritten',
    new Error(`message ${message.sequence} of ${stream} (${message.subject}) is no commit`),
  )

export const headOf = (sequence: number, { after, at, events }: Commit): Head => ({
  sequence,
  version: after + events.length,
  at,
})

/**
 * How often a leader is asked again that knows less than this process has seen: one that was replaced while it hung does
 * not know it for a moment. Then it is believed: the stream was restored from a backup.
 */
const STALE_ATTEMPTS = 8

/** The ends of streams. @param most - how many are remembered at most. */
export const headsOf = (link: Link, most: number): Heads => {
  const known = new LRUCache<StreamId, Head>({ max: most })
  const { subjects } = link
  return {
    remembered: (streamId) => known.get(streamId),
    remember: (streamId, head) => void known.set(streamId, head),
    load: async (streamId, deadline) => {
      const stream = subjects.eventStream(subjects.partitionOf(streamId))
      const wanted = { last_by_subj: subjects.commits(streamId) }
      for (let attempt = 0; ; attempt++) {
        const found = await fromLeader(link, stream, wanted, deadline)
        if (E.isLeft(found)) return found
        const message = found.right
        const seen = known.get(streamId)?.sequence ?? 0
        if ((message?.sequence ?? 0) < seen && attempt < STALE_ATTEMPTS) {
          await sleep(pauseOf(attempt + 3))
          continue
        }
        if (message === undefined) {
          known.delete(streamId)
          return E.right(NO_HEAD)
        }
        const commit = decodeCommit(message.text)
        if (commit === undefined) return E.left(corrupt(message, stream))
        const head = headOf(message.sequence, commit)
        known.set(streamId, head)
        return E.right({ ...head, commit })
      }
    },
  }
}
