import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import type { InvalidOperation } from '../../core/errors/operator'
import type { StoreFailed } from '../../core/errors/store'
import type { Archiving, ClosedStreamsRange, NotArchived } from '../../core/operator/archiving'
import type { Operator } from '../../core/ports/operator'
import type { StreamId } from '../../core/stream'

/** Which closed streams are archived, and how. */
export interface ArchiveClosedOptions
  extends Omit<Archiving, 'streams'>, Pick<ClosedStreamsRange, 'category' | 'closedBefore'> {
  /** How many streams are moved in one transaction. 1 to 1,000. Default 100. */
  readonly batch?: number
  /** Called after each batch with how many streams were looked at. */
  readonly onProgress?: (reached: number) => void
  /** Abort it to stop after the batch at hand: another call goes on from there. */
  readonly signal?: AbortSignal
}

/** What has become of them. */
export interface ArchivedClosed {
  readonly streams: number
  readonly events: number
  /** Those that were not archived, and why: the first 20. */
  readonly refused: ReadonlyArray<{ readonly streamId: StreamId; readonly why: NotArchived }>
  readonly refusals: number
  readonly isInterrupted: boolean
}

const MOST = 20

/**
 * Archives all closed streams, batch by batch. Each batch is all or nothing, and what was archived is not listed again: interrupted
 * or killed, and called again, it goes on.
 *
 * Fails with `InvalidOperation` and `StoreFailed`, as `Operator.archive` does.
 */
export const archiveClosed =
  ({ by, why, tagged, batch = 100, onProgress, signal, ...which }: ArchiveClosedOptions) =>
  ({
    operator,
  }: {
    readonly operator: Pick<Operator, 'closedStreams' | 'archive'>
  }): TaskEither<StoreFailed | InvalidOperation, ArchivedClosed> =>
  async () => {
    const refused: { streamId: StreamId; why: NotArchived }[] = []
    let [after, streams, events, refusals] = [0, 0, 0, 0]
    for (;;) {
      const page = await operator.closedStreams({ ...which, after, limit: batch })()
      if (E.isLeft(page)) return page
      const ids = page.right.streams.map(({ streamId }) => streamId)
      if (ids.length > 0) {
        const answers = await operator.archive({ streams: ids, by, why, tagged })()
        if (E.isLeft(answers)) return answers
        for (const [index, answer] of answers.right.entries()) {
          if (E.isRight(answer)) {
            streams += 1
            events += answer.right.events
          } else {
            refusals += 1
            if (refused.length < MOST)
              refused.push({ streamId: ids[index] ?? '', why: answer.left })
          }
        }
        onProgress?.(streams + refusals)
      }
      after = page.right.streams.at(-1)?.sequence ?? after
      const isInterrupted = page.right.more && signal?.aborted === true
      if (!page.right.more || isInterrupted) {
        return E.right({ streams, events, refused, refusals, isInterrupted })
      }
    }
  }

/** How many there are. */
export const countClosed =
  (which: Pick<ClosedStreamsRange, 'category' | 'closedBefore'>) =>
  ({
    operator,
  }: {
    readonly operator: Pick<Operator, 'closedStreams'>
  }): TaskEither<StoreFailed, number> =>
  async () => {
    let [after, count] = [0, 0]
    for (;;) {
      const page = await operator.closedStreams({ ...which, after, limit: 1_000 })()
      if (E.isLeft(page)) return page
      count += page.right.streams.length
      after = page.right.streams.at(-1)?.sequence ?? after
      if (!page.right.more) return E.right(count)
    }
  }
