import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import { storeFailed, type StoreFailed } from '../../core/errors/store'
import type { ShardPart } from '../../core/ports/shard'
import {
  FIRST_EPOCH,
  firstSlotMap,
  type ShardMap,
  type SlotMap,
  slotMapProblem,
} from '../../core/slots'

/** What the map of one shard is read and written with. */
export type MapPart = Pick<ShardPart<unknown>, 'readMap' | 'putMap'> & {
  /** Whether there are events already. */
  readonly holdsEvents: TaskEither<StoreFailed, boolean>
}

type Found = E.Either<StoreFailed, ShardMap | undefined>

/** The refusal of a map, or of shards that are not those of it. */
export const otherMap = (advice: string): StoreFailed =>
  storeFailed('OtherSlotMap', 'nothingWritten', undefined, advice)

const mapIn = (found: Found | undefined): ShardMap | undefined =>
  found !== undefined && E.isRight(found) ? found.right : undefined

/** The newest map that any shard has. What is no shard of its own yet (a standby) has that of another one. */
const newestOf = (found: ReadonlyArray<Found>): ShardMap | undefined => {
  let newest: ShardMap | undefined
  for (const [shard, answer] of found.entries()) {
    const map = mapIn(answer)
    if (map?.shard === shard && map.epoch > (newest?.epoch ?? 0)) newest = map
  }
  return newest
}

/** Why a shard does not belong where it was given, or `undefined`. */
const problemOf = (
  map: ShardMap | undefined,
  shard: number,
  newest: SlotMap,
): string | undefined => {
  if (map === undefined) return `shard ${shard} has no map of the slots, and others have one`
  const problem = slotMapProblem(map)
  if (problem !== undefined) return `the map on shard ${shard} is not valid: ${problem}`
  if (map.cluster !== newest.cluster) return `shard ${shard} belongs to other shards`
  return map.shard === shard
    ? undefined
    : `what was given as shard ${shard} is shard ${map.shard}: give all of them in their order`
}

/** Why the shards that the newest map names are not those that were given, or `undefined`. There may be more of them. */
const problemsIn = (found: ReadonlyArray<Found>, newest: ShardMap): string | undefined => {
  const invalid = slotMapProblem(newest)
  if (invalid !== undefined) return `the map on shard ${newest.shard} is not valid: ${invalid}`
  if (newest.shards > found.length) {
    return `there are ${newest.shards} shards, and this process was given ${found.length}: start it again with all of them`
  }
  for (const [shard, answer] of found.slice(0, newest.shards).entries()) {
    // One that does not answer is no reason to refuse the others: what is sent to it says why.
    const problem = E.isLeft(answer) ? undefined : problemOf(answer.right, shard, newest)
    if (problem !== undefined) return problem
  }
  return undefined
}

const checked = (found: ReadonlyArray<Found>, newest: ShardMap): E.Either<StoreFailed, SlotMap> => {
  const problem = problemsIn(found, newest)
  return problem === undefined ? E.right(newest) : E.left(otherMap(problem))
}

/** Below the first epoch: a shard that has this is only being set up, and what has none may still get it. */
const SETTING_UP = FIRST_EPOCH - 1

/**
 * Sets up shards without a map: first each of them gets one that is not in force, then each the one that is. A process
 * that was killed meanwhile has left some out: whoever comes next goes on. Once one is in force, a shard without any is
 * none of these.
 *
 * What holds events can become the first and only shard: as one of several it would hold streams of the others.
 */
const setUp = async (
  parts: ReadonlyArray<MapPart>,
  found: ReadonlyArray<Found>,
): Promise<E.Either<StoreFailed, void>> => {
  const newest = newestOf(found)
  const first = { ...(newest ?? firstSlotMap(crypto.randomUUID(), parts.length)) }
  for (const [shard, part] of parts.entries()) {
    const answer = found[shard]
    if (answer === undefined || E.isLeft(answer)) return answer ?? E.right(undefined)
    if (answer.right !== undefined) continue
    const holds = first.shards === 1 ? E.right(false) : await part.holdsEvents()
    if (E.isLeft(holds)) return holds
    if (holds.right) {
      return E.left(
        otherMap(
          `shard ${shard} holds events, and no map of the slots: it cannot become one of ${first.shards} shards. Open it as the only one, and split it`,
        ),
      )
    }
    const put = await part.putMap({ ...first, epoch: SETTING_UP, shard }, 0)()
    if (E.isLeft(put)) return put
    if (!put.right) return E.right(undefined) // another process was first: its map counts
  }
  return E.right(undefined)
}

/** Puts the first map into force, where that has not been done. */
const putFirst = async (
  parts: ReadonlyArray<MapPart>,
  found: ReadonlyArray<Found>,
): Promise<E.Either<StoreFailed, void>> => {
  for (const [shard, part] of parts.entries()) {
    const map = mapIn(found[shard])
    if (map?.epoch !== SETTING_UP) continue
    const put = await part.putMap({ ...map, epoch: FIRST_EPOCH }, SETTING_UP)()
    if (E.isLeft(put)) return put
  }
  return E.right(undefined)
}

/**
 * Carries the newest map to the shards that still have an older one of the same cluster: whoever has begun to change it may
 * have been killed. Every change is decided on shard 0, so there is one map of each epoch. A shard that does not take it
 * now keeps nobody: it is tried again.
 */
const carry = async (
  parts: ReadonlyArray<MapPart>,
  found: ReadonlyArray<Found>,
  newest: ShardMap,
): Promise<boolean> => {
  if (slotMapProblem(newest) !== undefined) return false
  const taken = await Promise.all(
    parts.slice(0, newest.shards).map(async (part, shard) => {
      const map = mapIn(found[shard])
      if (map === undefined || !isBehind(map, shard, newest)) return false
      return E.isRight(await part.putMap({ ...newest, shard }, map.epoch)())
    }),
  )
  return taken.includes(true)
}

const isBehind = (map: ShardMap, shard: number, newest: ShardMap): boolean =>
  map.cluster === newest.cluster && map.shard === shard && map.epoch < newest.epoch

const readAll = (parts: ReadonlyArray<MapPart>): Promise<ReadonlyArray<Found>> =>
  Promise.all(parts.map(({ readMap }) => readMap()))

/** What is still to be done before these maps can be used: by those that were found, nothing is guessed. */
const toDo = (
  found: ReadonlyArray<Found>,
  newest: ShardMap | undefined,
): typeof setUp | undefined => {
  if (newest === undefined) return setUp
  if (newest.epoch > FIRST_EPOCH) return undefined
  const own = found.slice(0, newest.shards)
  const isMissing = own.some((answer) => E.isRight(answer) && answer.right === undefined)
  if (newest.epoch === SETTING_UP && isMissing) return setUp
  const isWaiting = own.some(
    (answer, shard) => mapIn(answer)?.epoch === SETTING_UP && mapIn(answer)?.shard === shard,
  )
  return isWaiting && problemsIn(found, newest) === undefined ? putFirst : undefined
}

/** As often as another process can be first: with each of its maps there is one shard less without. */
const MOST_ROUNDS = 100

/**
 * The map that is in force, of shards that all belong together and were given in their order. Shards without any get
 * their first one. While a map is being changed some shards have the new one already: it counts, and is carried to the
 * others, who refuse appends until they have it.
 *
 * Fails with `StoreFailed`: no shard has answered; or, with reason `OtherSlotMap`, the shards are not those of the map:
 * the message says which.
 */
export const slotMapInForce = async (
  parts: ReadonlyArray<MapPart>,
): Promise<E.Either<StoreFailed, SlotMap>> => {
  for (let round = 1; round <= MOST_ROUNDS; round++) {
    const found = await readAll(parts)
    const newest = newestOf(found)
    const next = toDo(found, newest)
    if (next === undefined && newest !== undefined) {
      if (newest.epoch > FIRST_EPOCH && (await carry(parts, found, newest))) continue
      return checked(found, newest)
    }
    const failed = found.find((answer) => E.isLeft(answer))
    if (failed !== undefined && E.isLeft(failed)) return failed
    const done = await (next ?? setUp)(parts, found)
    if (E.isLeft(done)) return done
  }
  return E.left(otherMap('the shards have no map of the slots'))
}
