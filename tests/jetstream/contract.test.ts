import type { NatsConnection } from '@nats-io/nats-core'
import { jetStream, type JetStreamBackend } from 'reprise/jetstream'
import type { EventStore } from '../../src/core/ports/event-store'
import { storeContract } from '../../src/testing/store-contract/contract'
import { type NatsCluster, startNats } from '../support/nats-cluster'
import { describeWithNats } from '../support/nats-server'
import { right } from '../support/right'

/** A backend with one source is a whole event store. */
const whole = ({ store, sources: [source] }: JetStreamBackend): EventStore => ({
  ...store,
  readAll: source.store.readAll,
})

describeWithNats('JetStream on three nodes', (program) => {
  let cluster: NatsCluster
  const connections: NatsConnection[] = []
  const stores: EventStore[] = []

  beforeAll(async () => {
    cluster = await startNats({ program })
    // One of the two, at least, is connected to a node that does not lead.
    for (const node of [0, 1]) {
      const connection = await cluster.connect(node)
      connections.push(connection)
      const backend = jetStream(connection)
      if (node === 0) await right(backend.migrate)
      stores.push(whole(backend))
    }
  }, 60_000)
  afterAll(async () => {
    for (const connection of connections) await connection.close()
    await cluster.stop()
  })

  storeContract({
    name: 'JetStream',
    open: () => {
      const [store, second] = stores as [EventStore, EventStore]
      return Promise.resolve({ store, second, close: () => Promise.resolve() })
    },
    describe,
    it,
  })
})
