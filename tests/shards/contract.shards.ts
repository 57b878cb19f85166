import type { Transaction } from 'kysely'
import { postgresShards, shardContracts, type TwoShards } from '../support/shards'

let shards: TwoShards<Transaction<unknown>>

let processes: ReadonlyArray<ReturnType<typeof shards.open>> = []
let turns = 0

beforeAll(async () => {
  shards = await postgresShards()
  processes = [shards.open(), shards.open()]
})
afterAll(() => shards.close())

shardContracts('two shards in PostgreSQL', () =>
  // Two processes for all tests: each has pools of its own.
  Promise.resolve({
    open: () => processes[turns++ % 2] ?? shards.open(),
    close: () => Promise.resolve(),
  }),
)
