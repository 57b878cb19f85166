import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import type { TaskEither } from 'fp-ts/TaskEither'
import { type SplitObstacle, type SplitRefused, splitRefused } from '../../core/errors/split'
import type { StoreFailed } from '../../core/errors/store'
import type { SplitPart } from '../../core/ports/split'
import { halfOf, movedMap, movingMap, type ShardMap, slotOf, type SlotMap } from '../../core/slots'
import { performance, sleep } from '../../platform/node'
import { checkPlacement, dropMoved } from './drop-moved'
import { MAP_AGE } from './in-force'
import type { Placement } from './placement'
import { slotMapInForce } from './slot-maps'

/** What a split is about to do. */
export type SplitStep =
  /** Half of the slots begin to move: their streams take no appends from here on. */
  | { readonly step: 'move'; readonly slots: number }
  /** The standby becomes a primary. */
  | { readonly step: 'promote' }
  /** It becomes a shard of its own. */
  | { readonly step: 'adopt' }
  /** The map with one shard more comes into force: the streams take appends again. */
  | { readonly step: 'place' }
  /** Streams that are on another shard now are deleted. */
  | { readonly step: 'drop'; readonly shard: number; readonly dropped: number }
  /** No slot is moved any more: the split is cancelled. */
  | { readonly step: 'cancel' }

/** A split of one shard. */
export interface Split {
  /** All shards that there were before it, in their order. */
  readonly shards: ReadonlyArray<SplitPart>
  /** A standby of the shard that is split: the next shard. */
  readonly standby: SplitPart
  /** Which one is split, from 0. */
  readonly shard: number
  readonly placement: Placement
  /** How long the standby may take to have what the shard has, in milliseconds. */
  readonly patience: number
  /** How long nothing is deleted after the new map is in force, in milliseconds: until every process reads by it. */
  readonly settling: number
  /** Called before each step. What it returns is waited for. */
  readonly onStep: (step: SplitStep) => Promise<void>
}

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

type Failure = SplitRefused | StoreFailed
type Next = E.Either<Failure, 'again' | SplitMap>
interface SplitMap {
  readonly inForce: SlotMap
}

const refuse = (reason: SplitObstacle, advice: string): E.Either<SplitRefused, never> =>
  E.left(splitRefused(reason, advice))

const POLL = 50

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

/** Waits until it is so, or the time is over. */
const within = async (
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

/** Puts a map into force in the place of another one. It is decided on shard 0; the others get it from there. */
const decide = async (
  { shards }: Split,
  map: SlotMap,
  replaces: number,
): Promise<E.Either<StoreFailed, 'again'>> => {
  const put = await (shards[0]?.putMap({ ...map, shard: 0 }, replaces)() ?? E.right(false))
  return E.isLeft(put) ? put : E.right('again') // false: another process was faster
}

/** Deletes from the outbox of a shard what belongs to processes of other ones. */
const dropProcesses = async (
  part: SplitPart,
  { placement }: Split,
  isOwn: (slot: number) => boolean,
): Promise<E.Either<Failure, void>> => {
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
const obstacle = async (
  split: Split,
  map: SlotMap,
  there: ShardMap | undefined,
): Promise<E.Either<Failure, SplitPart>> => {
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
