import { memory } from '../../src/adapters/memory/backend'
import type { Transaction } from 'kysely'
import type { MemoryTransaction } from '../../src/adapters/memory/documents'
import { postgres, type PostgresBackend } from '../../src/adapters/postgres/backend'
import {
  sharded,
  type ShardedBackend,
  type ShardedOptions,
} from '../../src/adapters/sharded/backend'
import type { ShardBackend } from '../../src/adapters/sharded/source'
import type { EventStore } from '../../src/core/ports/event-store'
import { SLOTS, slotOf } from '../../src/core/slots'
import { boundaryStoreContract } from '../../src/testing/store-contract/boundary-contract'
import { eventSourceContract, streamStoreContract } from '../../src/testing/store-contract/contract'
import { migratedDatabase } from './postgres'
import { rightOf } from './right'

/** Two shards, and how to open them as another process would. */
export interface TwoShards<Transaction> {
  readonly open: () => readonly [ShardBackend<Transaction>, ShardBackend<Transaction>]
  readonly close: () => Promise<void>
}

export const memoryShards = (): TwoShards<MemoryTransaction> => {
  const shards = [memory(), memory()] as const
  return { open: () => shards, close: () => Promise.resolve() }
}

/** In two databases of one server. */
export const postgresShards = async (): Promise<TwoShards<Transaction<unknown>>> => {
  const databases = [await migratedDatabase(), await migratedDatabase()] as const
  const [one, other] = databases
  const opened: Array<PostgresBackend<unknown>> = []
  return {
    open: () => {
      const shards = [postgres(one.connect()), postgres(other.connect())] as const
      opened.push(...shards)
      return shards
    },
    close: async () => {
      for (const backend of opened) await backend.close()
      for (const database of databases) await database.close()
    },
  }
}

/** The shard of a key, of two that have their first map. */
export const shardOfTwo = (key: string): number => Math.floor((slotOf(key) * 2) / SLOTS)

/** The source of a shard, with the appends and reads of streams of the whole backend. */
const viewOf = <Transaction>(backend: ShardedBackend<Transaction>, shard: number): EventStore => ({
  ...backend.store,
  readAll: (range) => (backend.sources[shard] ?? backend.sources[0]).store.readAll(range),
})

const opened = async <Transaction>(
  shards: TwoShards<Transaction>,
  options?: ShardedOptions,
): Promise<ShardedBackend<Transaction>> => {
  const backend = sharded(shards.open(), options)
  rightOf(await backend.slotMap())
  return backend
}

/** The contracts of a store, on two shards; nothing is skipped. `fresh`: once for each test, or once for all. */
export const shardContracts = <Transaction>(
  name: string,
  fresh: () => Promise<TwoShards<Transaction>>,
): void => {
  const both = async (options?: ShardedOptions) => {
    const shards = await fresh()
    const [backend, second] = [await opened(shards, options), await opened(shards, options)]
    return { backend, second, close: shards.close }
  }
  streamStoreContract({
    name,
    open: async () => {
      const { backend, second, close } = await both()
      return { store: backend.store, second: second.store, close }
    },
    describe,
    it,
  })
  for (const shard of [0, 1]) {
    eventSourceContract({
      name: `${name}: shard ${shard}`,
      open: async () => {
        const { backend, second, close } = await both()
        return {
          store: viewOf(backend, shard),
          second: viewOf(second, shard),
          holds: (streamId) => shardOfTwo(streamId) === shard,
          source: `shard-${shard}`,
          close,
        }
      },
      describe,
      it,
    })
  }
  // What spans streams stays on one shard: here all that the contract knows has the same key.
  const placement = { stream: () => 'all', tag: () => 'all' }
  boundaryStoreContract({
    name,
    open: async () => {
      const { backend, second, close } = await both({ placement })
      return { store: backend.store, second: second.store, close }
    },
    describe,
    it,
  })
}
