import type { TaskEither } from 'fp-ts/TaskEither'
import type { StoreFailed } from '../errors/store'
import type { ShardMap } from '../slots'

/**
 * What a backend can do as one of several shards: it keeps the map of the slots, and refuses appends of processes that go
 * by another one.
 *
 * @typeParam Store - the backend's store.
 */
export interface ShardPart<Store> {
  /**
   * The map that is in force. `undefined`: this is no shard.
   *
   * Fails with `StoreFailed`: the store rejected the query or did not answer.
   */
  readonly readMap: TaskEither<StoreFailed, ShardMap | undefined>

  /**
   * Puts a map into force in the place of the one with the epoch `replaces`, and answers whether it has: `false` if
   * another one is in force. When it has answered, every append that went by another map is either committed, and seen by
   * whoever reads from now on, or refused. Waits for appends under way, for a second at most, and nobody else waits for
   * longer. Safe to repeat.
   *
   * @param replaces - 0: this is no shard yet. From then on whoever appends without a map is refused, too.
   *
   * Fails with `StoreFailed`: the store rejected it or did not answer. With outcome `unknown` read the map.
   */
  readonly putMap: (map: ShardMap, replaces: number) => TaskEither<StoreFailed, boolean>

  /**
   * The store for a process that goes by a map. While another one is in force, or if this is another shard than the process
   * takes it for, every append fails with `StoreFailed`, reason `OtherSlotMap`, and stores nothing. Reads are not refused.
   *
   * @param stamp - 1,024 times the epoch of the map, and the number of the shard.
   */
  readonly storeBy: (stamp: number) => Store
}
