import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import type { TaskEither } from 'fp-ts/TaskEither'
import type { StoreFailed } from '../../core/errors/store'
import type { SplitPart } from '../../core/ports/split'
import { halfOf, movedMap, movingMap, type ShardMap, type SlotMap } from '../../core/slots'
import { dropMoved } from './drop-moved'
import { MAP_AGE } from './in-force'
import { slotMapInForce } from './slot-maps'
import {
  dropProcesses,
  obstacle,
  refuse,
  type SplitFailure as Failure,
  within,
} from './split-obstacle'
import type { Split } from './split-step'

/** How long the deletion waits by default: readers read the map again every five seconds. Milliseconds. */
export const SETTLING = 2 * MAP_AGE

/** A split that is finished. */
export interface SplitDone {
  /** The number of the new shard. */
  readonly shard: number
  readonly slots: number
  /** How many streams were deleted where they are no longer. */
  readonly dropped: number
}

type Next = E.Either<Failure, 'again' | SplitMap>
interface SplitMap {
  readonly inForce: SlotMap
}

const withEvents = ({ readMap, putMap, streams }: SplitPart) => ({
  readMap,
  putMap,
  holdsEvents: TE.map((found: ReadonlyArray<unknown>) => found.length > 0)(
    streams({ after: '', limit: 1 }),
  ),
})

/** The map in force: that of the shards, and of the one that is being made. */
const mapOf = ({ shards, standby }: Split): Promise<E.Either<StoreFailed, SlotMap>> =>
  slotMapInForce([...shards, standby].map(withEvents))

/** Puts a map into force in the place of another one. It is decided on shard 0; the others get it from there. */
const decide = async (
  { shards }: Split,
  map: SlotMap,
  replaces: number,
): Promise<E.Either<StoreFailed, 'again'>> => {
  const put = await (shards[0]?.putMap({ ...map, shard: 0 }, replaces)() ?? E.right(false))
  return E.isLeft(put) ? put : E.right('again') // false: another process was faster
}

const begin = async (split: Split, map: SlotMap, there: ShardMap | undefined): Promise<Next> => {
  const found = await obstacle(split, map, there)
  if (E.isLeft(found)) return found
  const moving = halfOf(map, split.shard)
  await split.onStep({ step: 'move', slots: moving.length })
  return decide(split, movingMap(map, moving), map.epoch)
}

const stopMoving = async (split: Split, map: SlotMap): Promise<Next> => {
  await split.onStep({ step: 'cancel' })
  return decide(split, movingMap(map, []), map.epoch)
}

/** The standby knows which slots are moved: so it has every event of them, for the log has an order. */
const promote = async (split: Split, map: SlotMap): Promise<Next> => {
  const { standby, patience, shard } = split
  const knows = await within(patience, async () =>
    E.map((there: ShardMap | undefined) => (there?.epoch ?? 0) >= map.epoch)(
      await standby.readMap(),
    ),
  )
  if (E.isLeft(knows)) return knows
  if (!knows.right) {
    const cancelled = await stopMoving(split, map)
    return E.isLeft(cancelled)
      ? cancelled
      : refuse(
          'StandbyBehind',
          `the standby has not heard from shard ${shard} within ${patience} ms. No slot is being moved any more`,
        )
  }
  await split.onStep({ step: 'promote' })
  return E.map(() => 'again' as const)(await standby.promote())
}

const adopt = async (split: Split, map: SlotMap, there: ShardMap): Promise<Next> => {
  const { standby, shards, shard } = split
  if (there.epoch < map.epoch) {
    return refuse(
      'PromotedEarly',
      `the standby was promoted before it knew what is moved from shard ${shard}: cancel the split, and make another standby`,
    )
  }
  await split.onStep({ step: 'adopt' })
  const moving = new Set(map.moving)
  const dropped = await dropProcesses(standby, split, (slot) => moving.has(slot))
  if (E.isLeft(dropped)) return dropped
  const lineage = await standby.newLineage()
  if (E.isLeft(lineage)) return lineage
  const put = await standby.putMap({ ...map, shard: shards.length }, map.epoch)()
  return E.isLeft(put) ? put : E.right('again')
}

const place = async (split: Split, map: SlotMap): Promise<Next> => {
  const { shards, shard } = split
  await split.onStep({ step: 'place' })
  const moving = new Set(map.moving)
  const source = shards[shard]
  const dropped =
    source === undefined
      ? E.right(undefined)
      : await dropProcesses(source, split, (slot) => !moving.has(slot))
  return E.isLeft(dropped) ? dropped : decide(split, movedMap(map), map.epoch)
}

/** A split that is under way goes on by what is found. */
const goOn = async (split: Split, map: SlotMap, there: ShardMap | undefined): Promise<Next> => {
  const { shards, standby, shard } = split
  const [first] = map.moving
  const source = first === undefined ? undefined : map.slots[first]
  if (source !== shard) {
    return refuse('AnotherSplit', `shard ${source ?? 0} is being split: finish or cancel that`)
  }
  const isOurs = there?.cluster === map.cluster
  if (isOurs && there.shard === shards.length && there.epoch >= map.epoch) return place(split, map)
  if (!isOurs || there.shard !== shard) {
    return refuse('OtherStandby', `the standby is not that of shard ${shard}`)
  }
  const log = await standby.log()
  if (E.isLeft(log)) return log
  return log.right.isStandby ? promote(split, map) : adopt(split, map, there)
}

const next = async (split: Split): Promise<Next> => {
  const { shards, standby } = split
  const found = await mapOf(split)
  if (E.isLeft(found)) return found
  const map = found.right
  const there = await standby.readMap()
  if (E.isLeft(there)) return there
  if (map.shards === shards.length + 1) return E.right({ inForce: map })
  if (map.shards !== shards.length) {
    return refuse('OtherShards', `there are ${map.shards} shards, and ${shards.length} were given`)
  }
  return map.moving.length === 0 ? begin(split, map, there.right) : goOn(split, map, there.right)
}

/** Waits until every shard has taken the map. */
const isEverywhere = async (
  split: Split,
  { epoch }: SlotMap,
): Promise<E.Either<Failure, unknown>> => {
  const parts = [...split.shards, split.standby]
  const taken = await within(split.patience, async () => {
    const carried = await mapOf(split)
    if (E.isLeft(carried)) return carried
    const maps = await Promise.all(parts.map(({ readMap }) => readMap()))
    return E.right(maps.every((map) => E.isRight(map) && (map.right?.epoch ?? 0) >= epoch))
  })
  if (E.isLeft(taken) || taken.right) return taken
  return refuse('ShardBehind', 'a shard has not taken the new map. Begin again: nothing is lost')
}

/**
 * Splits a shard: a standby of it, which PostgreSQL's replication has made, becomes the next shard and takes half of its
 * slots. Appends to the streams of those wait from the first step to the fourth, a second or two; nobody else does. Each
 * step is found out by what the shards say, so a split that was interrupted is begun again with the same arguments.
 *
 * Fails with `SplitRefused`: it cannot begin, or not go on: see its reason; and with `StoreFailed`: a server rejected a
 * step or did not answer. Begin it again.
 */
export const splitShard =
  (split: Split): TaskEither<Failure, SplitDone> =>
  async () => {
    for (;;) {
      const answer = await next(split)
      if (E.isLeft(answer)) return answer
      if (answer.right === 'again') continue
      const { inForce } = answer.right
      const everywhere = await isEverywhere(split, inForce)
      if (E.isLeft(everywhere)) return everywhere
      const dropped = await dropMoved(split, inForce)
      const shard = split.shards.length
      const slots = inForce.slots.filter((on) => on === shard).length
      return E.isLeft(dropped) ? dropped : E.right({ shard, slots, dropped: dropped.right })
    }
  }

/**
 * Cancels a split before the new map is in force: streams that were to move stay where they are, and take appends again. A
 * standby that was promoted meanwhile is of no more use.
 *
 * Fails with `SplitRefused`: `NothingToCancel`; and with `StoreFailed`.
 */
export const cancelSplit =
  (split: Pick<Split, 'shards' | 'onStep'>): TaskEither<Failure, void> =>
  async () => {
    const { shards, onStep } = split
    const found = await slotMapInForce(shards.map(withEvents))
    if (E.isLeft(found)) return found
    const map = found.right
    if (map.moving.length === 0) return refuse('NothingToCancel', 'no slot is being moved')
    await onStep({ step: 'cancel' })
    const put = await (shards[0]?.putMap({ ...movingMap(map, []), shard: 0 }, map.epoch)() ??
      E.right(false))
    if (E.isLeft(put)) return put
    const now = await slotMapInForce(shards.map(withEvents)) // carries it to the others
    return E.isLeft(now) ? now : E.right(undefined)
  }
