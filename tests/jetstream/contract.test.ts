import type { NatsConnection } from '@nats-io/nats-core'
import { jetStream, type JetStreamBackend } from 'reprise/jetstream'
import {
  eventSourceContract,
  storeContract,
  streamStoreContract,
} from '../../src/testing/store-contract/contract'
import type { EventStore } from '../../src/core/ports/event-store'
import { partitionOf } from '../../src/core/partition'
import { type NatsCluster, startNats } from '../support/nats-cluster'
import { describeWithNats } from '../support/nats-server'
import { right } from '../support/right'

const PARTITIONS = 3

/** The store, with one of its sources. */
const storeBy = ({ store, sources }: JetStreamBackend, source: number): EventStore => ({
  ...store,
  readAll: (sources[source] ?? sources[0]).store.readAll,
})

describeWithNats('JetStream on three nodes', (program) => {
  let cluster: NatsCluster
  const connections: NatsConnection[] = []
  const [alone, spread]: [JetStreamBackend[], JetStreamBackend[]] = [[], []]

  beforeAll(async () => {
    cluster = await startNats({ program })
    // One of the two, at least, is connected to a node that does not lead.
    for (const node of [0, 1]) {
      const connection = await cluster.connect(node)
      connections.push(connection)
      alone.push(jetStream(connection))
      spread.push(jetStream(connection, { name: 'spread', partitions: PARTITIONS }))
    }
    for (const [backend] of [alone, spread]) if (backend) await right(backend.migrate)
  }, 60_000)
  afterAll(async () => {
    for (const connection of connections) await connection.close()
    await cluster.stop()
  })

  const pair = (backends: ReadonlyArray<JetStreamBackend>, source = 0) => {
    const [store, second] = backends.map((backend) => storeBy(backend, source))
    if (store === undefined || second === undefined) throw new Error('there are two')
    return { store, second, close: () => Promise.resolve() }
  }

  storeContract({ name: 'JetStream', open: async () => pair(alone), describe, it })
  streamStoreContract({
    name: 'JetStream with three partitions',
    open: async () => pair(spread),
    describe,
    it,
  })
  eventSourceContract({
    name: 'the last of three partitions',
    open: async () => ({
      ...pair(spread, PARTITIONS - 1),
      holds: (streamId) => partitionOf(streamId, PARTITIONS) === PARTITIONS - 1,
      source: `spread_ev${PARTITIONS - 1}`,
    }),
    describe,
    it,
  })
})
