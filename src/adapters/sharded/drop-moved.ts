import * as E from 'fp-ts/Either'
import type { StoreFailed } from '../../core/errors/store'
import type { SplitPart } from '../../core/ports/split'
import type { SlotMap } from '../../core/slots'
import { sleep } from '../../platform/node'
import { locationsBy, misplaced } from './placement'
import type { Split } from './split'

/** How many streams are looked at, and deleted, at a time. */
const PAGE = 500

/** Deletes the streams of a shard that are on another one. Answers how many. */
const dropFrom = async (
  part: SplitPart,
  isOwn: (streamId: string) => E.Either<StoreFailed, boolean>,
): Promise<E.Either<StoreFailed, number>> => {
  let dropped = 0
  for (let after = ''; ;) {
    const page = await part.streams({ after, limit: PAGE })()
    if (E.isLeft(page)) return page
    const gone: string[] = []
    for (const { streamId } of page.right) {
      const own = isOwn(streamId)
      if (E.isLeft(own)) return own
      if (!own.right) gone.push(streamId)
    }
    if (gone.length > 0) {
      const answer = await part.dropStreams(gone)()
      if (E.isLeft(answer)) return answer
      dropped += answer.right
    }
    const last = page.right.at(-1)
    if (last === undefined || page.right.length < PAGE) return E.right(dropped)
    after = last.streamId
  }
}

/**
 * Both sides of a split delete what the other one has now, some time after the map is in force: processes that only read
 * may go by the one before for as long as that.
 */
export const dropMoved = async (
  { shards, standby, shard, placement, settling, onStep }: Split,
  map: SlotMap,
): Promise<E.Either<StoreFailed, number>> => {
  await sleep(settling)
  const { shardOf } = locationsBy(map, placement)
  let all = 0
  for (const [number, part] of [
    [shard, shards[shard]],
    [shards.length, standby],
  ] as const) {
    if (part === undefined) continue
    const isOwn = E.tryCatchK((streamId: string) => shardOf(streamId) === number, misplaced)
    const dropped = await dropFrom(part, isOwn)
    if (E.isLeft(dropped)) return dropped
    all += dropped.right
    await onStep({ step: 'drop', shard: number, dropped: dropped.right })
  }
  return E.right(all)
}
