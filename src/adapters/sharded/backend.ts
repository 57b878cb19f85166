import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import type { TaskEither } from 'fp-ts/TaskEither'
import type { StoreFailed } from '../../core/errors/store'
import type { Migrated, NamedSource, SeveralSources } from '../../core/ports/backend'
import type { SlotMap } from '../../core/slots'
import type { StreamId } from '../../core/stream'
import { knownMap } from './in-force'
import { type ShardedOperator, shardedOperator } from './operator'
import { misplaced, type Placement } from './placement'
import { type ShardBackend, sourceOfShard } from './source'
import { sourceName } from './source-name'
import { type ShardStore, shardedStore } from './store'

/** The options of {@link sharded}. Every key is optional. */
export interface ShardedOptions {
  /** Which streams and tags are kept together. Default: each stream for itself, and no boundaries. */
  readonly placement?: Placement
}

/** Several shards as one backend. */
export interface ShardedBackend<Transaction> extends SeveralSources<Transaction> {
  /**
   * Commands to streams of any shard. What spans several streams stays on one shard: `appendTogether` and conditions of
   * streams or tags on two of them are refused with `InvalidAppend` or `InvalidQuery`. There is no transaction over
   * shards, so there is no `inTransaction`; inline projections are kept in the shard of each append.
   */
  readonly store: ShardStore
  /**
   * The source of a stream: where to wait for a position of it, and where its read models are.
   *
   * Fails with `StoreFailed`: no shard has answered, or these shards are not those of the map.
   */
  readonly sourceOf: (streamId: StreamId) => TaskEither<StoreFailed, NamedSource<Transaction>>
  /**
   * What an operator does with a stream goes to its shard; a subject is forgotten on all of them, and what a split has left of an
   * erased stream is erased with it. While slots of a shard are being moved it waits, for 20 seconds at most: then it fails with
   * `StoreFailed`, reason `SlotMoving`. To archive is all or nothing for each shard. If a shard fails, repeat the call. Everything
   * else that an operator sees and does is about one shard: see {@link SeveralSources.sources}.
   */
  readonly operator: ShardedOperator
  /** The map of the slots that is in force, read anew. Fails as `sourceOf` does. */
  readonly slotMap: TaskEither<StoreFailed, SlotMap>
}

/**
 * Several backends as one: each stream is on one of them, by the slot of its id. Events, checkpoints, read models and the
 * outbox of a stream are all on its shard, so that everything works as on one backend, shard by shard, and goes on on the
 * others when one is down. What follows events runs once on each: `runWorkers` keeps every one of them running.
 *
 * The map of the slots is kept in every shard. A process whose map is another one reads the new one and goes by that; one
 * that was given other shards, or in another order, is refused, by its appends at the latest: `StoreFailed` with reason
 * `OtherSlotMap`. Shards without a map get their first one when they are used, or by `migrate`.
 *
 * @param shards - all of them, always in the same order. There may be more than the map names: those that the next split
 *   is to make.
 *
 * @example
 * const backend = sharded([postgres(pool), postgres(otherPool)])
 * const accounts = openCategory(account, backend)
 */
export const sharded = <Transaction>(
  shards: readonly [ShardBackend<Transaction>, ...ReadonlyArray<ShardBackend<Transaction>>],
  { placement = {} }: ShardedOptions = {},
): ShardedBackend<Transaction> => {
  const maps = knownMap(
    shards.map(({ store, asShard }) => ({
      ...asShard,
      holdsEvents: pipe(
        store.streams({ after: '', limit: 1 }),
        TE.map((streams) => streams.length > 0),
      ),
    })),
    placement,
  )
  const [first, ...others] = shards
  const sources: SeveralSources<Transaction>['sources'] = [
    sourceOfShard(first, 0, maps),
    ...others.map((shard, index) => sourceOfShard(shard, index + 1, maps)),
  ]

  const migrate: SeveralSources<Transaction>['migrate'] = async () => {
    const names: { readonly [Key in keyof Migrated]: string[] } = { applied: [], present: [] }
    for (const [shard, backend] of shards.entries()) {
      const migrated = await backend.migrate()
      if (E.isLeft(migrated)) return migrated
      const named = (name: string): string => `${sourceName(shard)}: ${name}`
      names.applied.push(...migrated.right.applied.map(named))
      names.present.push(...migrated.right.present.map(named))
    }
    const read = await maps.refresh()
    return E.isLeft(read) ? read : E.right(names)
  }

  return {
    store: shardedStore(maps),
    sources,
    operator: shardedOperator([first, ...others], maps),
    sourceOf: (streamId) => async () => {
      const inForce = await maps.ready()
      if (E.isLeft(inForce)) return inForce
      const shard = E.tryCatch(() => inForce.right.locations.shardOf(streamId), misplaced)
      return E.isLeft(shard) ? shard : E.right(sources[shard.right] ?? sources[0])
    },
    slotMap: async () => {
      const inForce = await maps.refresh()
      return E.isLeft(inForce) ? inForce : E.right(inForce.right.map)
    },
    migrate,
    close: async () => {
      await Promise.all(shards.map(({ close }) => close()))
    },
  }
}
