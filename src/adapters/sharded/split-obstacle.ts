import * as E from 'fp-ts/Either'
import { type SplitObstacle, type SplitRefused, splitRefused } from '../../core/errors/split'
import type { StoreFailed } from '../../core/errors/store'
import type { SplitPart } from '../../core/ports/split'
import { halfOf, type ShardMap, slotOf, type SlotMap } from '../../core/slots'
import { performance, sleep } from '../../platform/node'
import { checkPlacement } from './drop-moved'
import type { Split } from './split-step'

export type SplitFailure = SplitRefused | StoreFailed

export const refuse = (reason: SplitObstacle, advice: string): E.Either<SplitRefused, never> =>
  E.left(splitRefused(reason, advice))

const POLL = 50

/** Waits until it is so, or the time is over. */
export const within = async (
  patience: number,
  isSo: () => Promise<E.Either<StoreFailed, boolean>>,
): Promise<E.Either<StoreFailed, boolean>> => {
  const end = performance.now() + patience
  for (;;) {
    const so = await isSo()
    if (E.isLeft(so) || so.right || performance.now() >= end) return so
    await sleep(POLL)
  }
}

/** Deletes from the outbox of a shard what belongs to processes of other ones. */
export const dropProcesses = async (
  part: SplitPart,
  { placement }: Split,
  isOwn: (slot: number) => boolean,
): Promise<E.Either<SplitFailure, void>> => {
  const pending = await part.pendingProcesses()
  if (E.isLeft(pending)) return pending
  const { process: keyOf } = placement
  if (keyOf === undefined) return pending.right.length === 0 ? E.right(undefined) : notPlaced()
  const gone = pending.right.filter(({ process, key }) => !isOwn(slotOf(keyOf(process, key))))
  return gone.length === 0 ? E.right(undefined) : part.dropProcesses(gone)()
}

const notPlaced = () =>
  refuse(
    'ProcessesNotPlaced',
    'its outbox has commands or timers, and `placement.process` does not say where their processes belong',
  )

/** Why a split cannot begin. */
export const obstacle = async (
  split: Split,
  map: SlotMap,
  there: ShardMap | undefined,
): Promise<E.Either<SplitFailure, SplitPart>> => {
  const { shards, standby, shard, placement, patience } = split
  const source = shards[shard]
  if (source === undefined) {
    return refuse('NoSuchShard', `there is no shard ${shard}: there are ${map.shards}, from 0`)
  }
  if (halfOf(map, shard).length === 0) return refuse('OneSlot', `shard ${shard} has one slot only`)
  const log = await standby.log()
  if (E.isLeft(log)) return log
  if (!log.right.isStandby) {
    return refuse('NotAStandby', 'what was given as the standby follows no other server')
  }
  if (there?.cluster !== map.cluster || there.shard !== shard) {
    return refuse(
      'OtherStandby',
      `the standby follows ${there === undefined || there.cluster !== map.cluster ? 'none of these shards' : `shard ${there.shard}`}, and not shard ${shard}`,
    )
  }
  const active = await source.activeProcessManagers()
  if (E.isLeft(active)) return active
  if (active.right.length > 0) {
    return refuse(
      'ProcessManagerActive',
      `pause ${active.right.join(', ')} on shard ${shard} first, and unpause them on both afterwards`,
    )
  }
  const pending = await source.pendingProcesses()
  if (E.isLeft(pending)) return pending
  if (pending.right.length > 0 && placement.process === undefined) return notPlaced()
  const placed = await checkPlacement([shard, source], shards, map, placement)
  if (E.isLeft(placed)) return placed
  const now = await source.log()
  if (E.isLeft(now)) return now
  const isThere = await within(patience, async () =>
    E.map(({ reached }: { readonly reached: number }) => reached >= now.right.reached)(
      await standby.log(),
    ),
  )
  if (E.isLeft(isThere)) return isThere
  return isThere.right
    ? E.right(source)
    : refuse(
        'StandbyBehind',
        `the standby did not reach what shard ${shard} has within ${patience} ms. No slot is being moved`,
      )
}
