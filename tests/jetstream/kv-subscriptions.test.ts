import type { NatsConnection } from '@nats-io/nats-core'
import * as TE from 'fp-ts/TaskEither'
import { jetStream, type KvFollowedJetStream, withKvSubscriptions } from 'reprise/jetstream'
import { subscriptionStoreContract } from 'reprise/testing'
import { type NatsCluster, startNats } from '../support/nats-cluster'
import { describeWithNats } from '../support/nats-server'
import { right } from '../support/right'

// One node, and three in `npm run test:jetstream`.
const NODES = process.env['REPRISE_JETSTREAM_SECONDS'] === undefined ? 1 : 3

describeWithNats(`subscriptions in key/value buckets on ${NODES} nodes`, (program) => {
  let cluster: NatsCluster
  const connections: NatsConnection[] = []
  const backends: KvFollowedJetStream[] = []

  beforeAll(async () => {
    cluster = await startNats({ program, nodes: NODES })
    // With three, one of the two connections goes to a node that does not lead.
    for (const node of [0, NODES - 1]) {
      const connection = await cluster.connect(node)
      connections.push(connection)
      const events = jetStream(connection, { name: 'kv', replicas: NODES })
      backends.push(withKvSubscriptions(events, connection, { replicas: NODES }))
    }
    for (const backend of backends) await right(backend.migrate)
  }, 60_000)
  afterAll(async () => {
    for (const connection of connections) await connection.close()
    await cluster.stop()
  })

  subscriptionStoreContract({
    name: 'JetStream',
    open: () => {
      const [one, another] = backends.map(({ sources }) => sources[0])
      if (one === undefined || another === undefined) throw new Error('there are two')
      return Promise.resolve({
        subscriptions: one.subscriptions,
        second: another.subscriptions,
        mark: (transaction, name) => transaction.put(name, true),
        isMarked: (name) => TE.map((value: unknown) => value === true)(another.values.get(name)),
        close: () => Promise.resolve(),
      })
    },
    describe,
    it,
  })
})
