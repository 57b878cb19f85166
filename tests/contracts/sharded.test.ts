import { memoryShards, shardContracts } from '../support/shards'

shardContracts('two shards in memory', () => Promise.resolve(memoryShards()))
