import * as E from 'fp-ts/Either'
import { type SplitRefused, splitRefused } from '../../core/errors/split'
import type { StoreFailed } from '../../core/errors/store'
import type { SplitPart } from '../../core/ports/split'
import type { SlotMap } from '../../core/slots'
import type { StreamId, StreamVersion } from '../../core/stream'
import { sleep } from '../../platform/node'
import { locationsBy, misplaced, type Placement } from './placement'
import type { Split } from './split-step'

type Failure = SplitRefused | StoreFailed

/** A stream, and the shard that it is on. */
interface Moved {
  readonly streamId: StreamId
  readonly version: StreamVersion
  readonly owner: number
}

/** How many streams are looked at, and deleted, at a time. */
const PAGE = 500

/** Does something with every page of a shard's streams that are on another one, by a map and the placement. */
const eachMoved = async (
  [shard, part]: readonly [number, SplitPart],
  map: SlotMap,
  placement: Placement,
  visit: (moved: ReadonlyArray<Moved>) => Promise<E.Either<Failure, void>>,
): Promise<E.Either<Failure, void>> => {
  const shardOf = E.tryCatchK(locationsBy(map, placement).shardOf, misplaced)
  for (let after = ''; ;) {
    const page = await part.streams({ after, limit: PAGE })()
    if (E.isLeft(page)) return page
    const moved = []
    for (const stream of page.right) {
      const owner = shardOf(stream.streamId)
      if (E.isLeft(owner)) return owner
      if (owner.right !== shard) moved.push({ ...stream, owner: owner.right })
    }
    const visited = await visit(moved)
    if (E.isLeft(visited)) return visited
    const last = page.right.at(-1)
    if (last === undefined || page.right.length < PAGE) return E.right(undefined)
    after = last.streamId
  }
}

/**
 * Refuses unless every stream of a shard that is on another one, by the placement, is there as far as it is here. Another
 * placement than that of the programs would have streams deleted that nobody else has.
 */
export const checkPlacement = (
  own: readonly [number, SplitPart],
  parts: ReadonlyArray<SplitPart>,
  map: SlotMap,
  placement: Placement,
): Promise<E.Either<Failure, void>> =>
  eachMoved(own, map, placement, async (moved) => {
    const versions = await Promise.all(
      moved.map(async ({ streamId, owner }) => parts[owner]?.reached(streamId)()),
    )
    for (const [index, { streamId, version, owner }] of moved.entries()) {
      const reached = versions[index] ?? E.right(0)
      if (E.isLeft(reached)) return reached
      if (reached.right < version) {
        return E.left(
          splitRefused(
            'OtherPlacement',
            `${streamId} is on shard ${own[0]}, and the placement that was given says shard ${owner}: give the one that the programs have`,
          ),
        )
      }
    }
    return E.right(undefined)
  })

/**
 * Both sides of a split delete what the other one has now, some time after the map is in force: processes that only read
 * may go by the one before for as long as that.
 */
export const dropMoved = async (
  { shards, standby, shard, placement, settling, onStep }: Split,
  map: SlotMap,
): Promise<E.Either<Failure, number>> => {
  const parts = [...shards, standby]
  const sides = [
    [shard, shards[shard] ?? standby],
    [shards.length, standby],
  ] as const
  await sleep(settling)
  for (const side of sides) {
    const checked = await checkPlacement(side, parts, map, placement)
    if (E.isLeft(checked)) return checked
  }
  let all = 0
  for (const side of sides) {
    let dropped = 0
    const done = await eachMoved(side, map, placement, async (moved) => {
      if (moved.length === 0) return E.right(undefined)
      const answer = await side[1].dropStreams(moved.map(({ streamId }) => streamId))()
      if (E.isLeft(answer)) return answer
      dropped += answer.right
      return E.right(undefined)
    })
    if (E.isLeft(done)) return done
    all += dropped
    await onStep({ step: 'drop', shard: side[0], dropped })
  }
  return E.right(all)
}
