import * as E from 'fp-ts/Either'
import { backoff } from '../../core/back-off'
import { storeFailed, type StoreFailed } from '../../core/errors/store'
import type { SlotMap } from '../../core/slots'
import type { StreamId } from '../../core/stream'
import { performance, sleep } from '../../platform/node'
import { type Locations, locationsBy, type Placement } from './placement'
import { type MapPart, slotMapInForce } from './slot-maps'

/** The map that this process goes by, and what follows from it. */
export interface InForce<Store> {
  readonly map: SlotMap
  readonly locations: Locations
  /** The stores of the shards that the map names, in their order. */
  readonly stores: ReadonlyArray<Store>
}

/** The failure of an append to a stream whose slot is being moved. */
export const slotMoving = (streamId: StreamId): StoreFailed =>
  storeFailed(
    'SlotMoving',
    'nothingWritten',
    undefined,
    `the slot of ${streamId} is being moved to another shard`,
  )

/** The failure of an append that was decided on by a map which is not in force any more. */
export const overtaken = (): StoreFailed =>
  storeFailed(
    'TransactionRefused',
    'nothingWritten',
    undefined,
    'the map of the slots has just changed: try again',
  )

interface Failed {
  readonly _tag: string
}

const isReason = (failed: Failed, reason: StoreFailed['reason']): boolean =>
  failed._tag === 'StoreFailed' && 'reason' in failed && failed.reason === reason

/** Whether the shard goes by another map than this process. */
export const isOtherMap = (failed: Failed): boolean => isReason(failed, 'OtherSlotMap')

/** Whether the same append, by a newer map, may be taken. */
export const mayPass = (failed: Failed): boolean =>
  isOtherMap(failed) || isReason(failed, 'SlotMoving')

/** How long an append waits for a slot that is being moved, and for shards that do not agree. Milliseconds. */
const LONGEST_WAIT = 20_000
const FIRST_PAUSE = 5
const LONGEST_PAUSE = 250
/** How old the map of a process that only reads becomes before it is read again. Milliseconds. */
export const MAP_AGE = 5_000
/** How long a read waits for that: a shard that hangs must not hold up those of the others. Milliseconds. */
const REFRESH_WAIT = 1_000

/** The map that is in force, as this process knows it. */
export interface KnownMap<Store> {
  /** `undefined`: it has not been read yet. */
  readonly known: () => InForce<Store> | undefined
  /** Reads it, unless it is known. */
  readonly ready: () => Promise<E.Either<StoreFailed, InForce<Store>>>
  /** Reads it again. Calls at the same time share one answer. */
  readonly refresh: () => Promise<E.Either<StoreFailed, InForce<Store>>>
  /** Whether the map that is known is not older than some seconds. */
  readonly isRecent: () => boolean
  /** Reads it again unless it is recent, or it was tried so lately. Goes by what is known if that takes too long. */
  readonly recent: () => Promise<E.Either<StoreFailed, InForce<Store>>>
  /**
   * Does something by the map that is in force, and again by a newer one: while a shard goes by another map, or the slot
   * is being moved.
   */
  readonly insisting: <Failure extends Failed, Value>(
    work: (inForce: InForce<Store>) => Promise<E.Either<Failure, Value>>,
  ) => Promise<E.Either<Failure | StoreFailed, Value>>
}

/** Keeps the map that is in force. */
export const knownMap = <Store>(
  parts: ReadonlyArray<MapPart & { readonly storeBy: (epoch: number) => Store }>,
  placement: Placement,
): KnownMap<Store> => {
  let known: InForce<Store> | undefined
  let triedAt = 0
  let reading: Promise<E.Either<StoreFailed, InForce<Store>>> | undefined

  const read = async (): Promise<E.Either<StoreFailed, InForce<Store>>> => {
    const map = await slotMapInForce(parts)
    if (E.isLeft(map)) return map
    triedAt = performance.now()
    if (known?.map.epoch === map.right.epoch) return E.right(known)
    known = {
      map: map.right,
      locations: locationsBy(map.right, placement),
      stores: parts.slice(0, map.right.shards).map(({ storeBy }) => storeBy(map.right.epoch)),
    }
    return E.right(known)
  }
  const refresh: KnownMap<Store>['refresh'] = () =>
    (reading ??= read().finally(() => {
      reading = undefined
    }))
  const ready: KnownMap<Store>['ready'] = () =>
    known === undefined ? refresh() : Promise.resolve(E.right(known))

  const isRecent = (): boolean => performance.now() - triedAt <= MAP_AGE

  return {
    known: () => known,
    ready,
    refresh,
    isRecent,
    recent: () => {
      if (known === undefined || isRecent()) return ready()
      const before = known
      triedAt = performance.now()
      return Promise.race([refresh(), sleep(REFRESH_WAIT).then(() => E.right(before))])
    },
    insisting: async (work) => {
      const end = performance.now() + LONGEST_WAIT
      for (let failures = 1; ; failures++) {
        const inForce = failures === 1 ? await ready() : await refresh()
        if (E.isLeft(inForce)) return inForce
        const answer = await work(inForce.right)
        if (E.isRight(answer) || !mayPass(answer.left) || performance.now() >= end) return answer
        if (failures > 1) await sleep(backoff(FIRST_PAUSE, LONGEST_PAUSE, failures - 1))
      }
    },
  }
}
