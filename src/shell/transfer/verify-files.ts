import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import type { StoreFailed } from '../../core/errors/store'
import type { EventStore } from '../../core/ports/event-store'
import type { Operator } from '../../core/ports/operator'
import type { StoreDefect } from '../../core/transfer/verify'

/** What was found in archive files. */
export interface VerifiedFiles {
  /** How many streams were looked at. */
  readonly streams: number
  /** The first 20. */
  readonly defects: ReadonlyArray<StoreDefect>
  readonly count: number
  readonly isInterrupted: boolean
}

const [PAGE, MOST] = [100, 20]

/**
 * Looks at all archived streams that are in files: reads them, compares their checksums. Nothing is changed.
 *
 * Fails with `StoreFailed`: the store rejected the query or did not answer.
 */
export const verifyFiles =
  (signal?: AbortSignal) =>
  ({
    operator,
    store,
  }: {
    readonly operator: Pick<Operator, 'archivedStreams'>
    readonly store: Pick<EventStore, 'read'>
  }): TaskEither<StoreFailed, VerifiedFiles> =>
  async () => {
    const defects: StoreDefect[] = []
    let [after, streams, count] = [0, 0, 0]
    for (;;) {
      const page = await operator.archivedStreams({ after, limit: PAGE, where: 'files' })()
      if (E.isLeft(page)) return page
      for (const { streamId } of page.right.streams) {
        const read = await store.read(streamId, { after: 0, limit: 1 })() // all of it is read, and compared
        streams += 1
        if (E.isRight(read) || read.left._tag === 'StreamErased') continue
        if (read.left._tag === 'StoreFailed' && read.left.reason !== 'ArchiveUnreadable') {
          return E.left(read.left)
        }
        count += 1
        const { message } = read.left
        if (defects.length < MOST) defects.push({ rule: 'Archive', place: streamId, message })
      }
      after = page.right.streams.at(-1)?.sequence ?? after
      const isInterrupted = page.right.more && signal?.aborted === true
      if (!page.right.more || isInterrupted) {
        return E.right({ streams, defects, count, isInterrupted })
      }
    }
  }
