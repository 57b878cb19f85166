import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { storeFailed, type StoreFailed } from '../../core/errors/store'
import type { ShardPart } from '../../core/ports/shard'
import { type ShardMap, stampOf } from '../../core/slots'
import type { Queue } from './queue'

/** The map of the slots, if the store is one of several shards. */
export interface MemorySlotMap {
  current: ShardMap | undefined
}

/** Why an append with a stamp (`undefined`: its writer has no map) is refused now, or `undefined`. */
export const otherSlotMap = (
  { current }: MemorySlotMap,
  stamp: number | undefined,
): StoreFailed | undefined =>
  (current === undefined ? undefined : stampOf(current)) === stamp
    ? undefined
    : storeFailed(
        'OtherSlotMap',
        'nothingWritten',
        undefined,
        `the map that is in force has the epoch ${current?.epoch ?? 'none'}, and this writer goes by another one, or means another shard`,
      )

const copyOf = (map: ShardMap): ShardMap => Object.freeze(structuredClone(map))

/** How the map is read and changed. Appends that are under way are over before it changes. */
export const slotMapOf = (
  map: MemorySlotMap,
  oneByOne: Queue,
): Pick<ShardPart<never>, 'readMap' | 'putMap'> => ({
  readMap: () => Promise.resolve(E.right(map.current)),
  putMap: (next, replaces) =>
    TE.fromTask(() =>
      oneByOne(() => {
        const { current } = map
        const fits =
          replaces === 0
            ? current === undefined
            : current?.epoch === replaces && current.cluster === next.cluster
        if (fits) map.current = copyOf(next)
        return Promise.resolve(fits)
      }),
    ),
})
