import { partitionOf } from './partition'

/** How many slots there are. A stream is in one of them, always the same; a shard holds some. */
export const SLOTS = 1_024

/** The epoch of the first map. The one below it says that the shards are only being set up. */
export const FIRST_EPOCH = 2

/** Where the slots are. It is kept in every shard. */
export interface SlotMap {
  /** Names the shards that belong together: the same in all of them. A UUID. */
  readonly cluster: string
  /** Grows with every change. 2 or more; 1: not every shard has it yet, and nothing is appended. */
  readonly epoch: number
  /** How many shards there are. 1 to 1,024. */
  readonly shards: number
  /** The number of the shard that each slot is on, from 0. As many as there are slots. */
  readonly slots: ReadonlyArray<number>
  /** Slots that are being moved: nothing is appended to their streams meanwhile. */
  readonly moving: ReadonlyArray<number>
}

/** The map as one shard keeps it. */
export interface ShardMap extends SlotMap {
  /** Which of the shards this one is, from 0. */
  readonly shard: number
}

/**
 * The slot of a key: 0 to 1,023, always the same for the same key.
 *
 * @param key - of a stream: its id, or what `placement` gives for it.
 *
 * @example
 * slotOf('account-A1') === slotOf('account-A1') // true
 */
export const slotOf = (key: string): number => partitionOf(key, SLOTS)

/**
 * The first map of some shards: neighbouring slots on one shard, about as many on each. A subscription's partitions are
 * by the rest of the same hash: with every n-th slot on a shard, half of its partitions would be empty there.
 *
 * @param shards - how many. 1 to 1,024.
 */
export const firstSlotMap = (cluster: string, shards: number): SlotMap => ({
  cluster,
  epoch: FIRST_EPOCH,
  shards,
  slots: Array.from({ length: SLOTS }, (_, slot) => Math.floor((slot * shards) / SLOTS)),
  moving: [],
})

/** The slots that a shard gives away when it is split: the upper half of its own. Empty: it has one slot, or none. */
export const halfOf = ({ slots }: SlotMap, shard: number): ReadonlyArray<number> => {
  const own = slots.flatMap((on, slot) => (on === shard ? [slot] : []))
  return own.slice(Math.ceil(own.length / 2))
}

/** The map while slots are being moved: they are still where they were, and take no appends. */
export const movingMap = (map: SlotMap, moving: ReadonlyArray<number>): SlotMap => ({
  ...map,
  epoch: map.epoch + 1,
  moving,
})

/** The map with one shard more, which has the slots that were being moved. */
export const movedMap = (map: SlotMap): SlotMap => {
  const moved = new Set(map.moving)
  const slots = map.slots.map((shard, slot) => (moved.has(slot) ? map.shards : shard))
  return { ...map, epoch: map.epoch + 1, shards: map.shards + 1, slots, moving: [] }
}

const isSlot = (slot: number): boolean => Number.isInteger(slot) && slot >= 0 && slot < SLOTS

/** Why a map is not valid, in words, or `undefined`. */
export const slotMapProblem = ({ epoch, shards, slots, moving }: SlotMap): string | undefined => {
  if (!Number.isInteger(epoch) || epoch < 1) return `its epoch is ${epoch}`
  if (!Number.isInteger(shards) || shards < 1 || shards > SLOTS) return `it names ${shards} shards`
  if (slots.length !== SLOTS) return `it places ${slots.length} slots, and not ${SLOTS}`
  const lost = slots.find((shard) => !Number.isInteger(shard) || shard < 0 || shard >= shards)
  if (lost !== undefined) return `it places a slot on shard ${lost} of ${shards}`
  return moving.every(isSlot) ? undefined : 'it moves slots that there are none of'
}
