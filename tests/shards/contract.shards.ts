import type { Transaction } from 'kysely'
import { postgresShards, shardContracts, type TwoShards } from '../support/shards'

let shards: TwoShards<Transaction<unknown>>

beforeAll(async () => {
  shards = await postgresShards()
})
afterAll(() => shards.close())

shardContracts('two shards in PostgreSQL', () =>
  Promise.resolve({ ...shards, close: () => Promise.resolve() }),
)
