import type { NatsConnection } from '@nats-io/nats-core'
import * as TE from 'fp-ts/TaskEither'
import {
  jetStream,
  type KvFollowedJetStream,
  type KvTransaction,
  withKvSubscriptions,
} from 'reprise/jetstream'
import { subscriptionStoreContract } from 'reprise/testing'
import { type NatsCluster, startNats } from '../support/nats-cluster'
import { describeWithNats } from '../support/nats-server'
import { subscribedSuite } from '../shell/subscription.suite'
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

  subscriptionStoreContract<KvTransaction>({
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

  describe('as a backend', () => {
    const KEYS = ['tick-1:1', 'tick-1:2', 'tick-1:3', 'tick-2:1']
    let count = 0

    subscribedSuite(async () => {
      const [connection] = connections
      if (connection === undefined) throw new Error('there is one')
      const name = `whole${++count}`
      const events = jetStream(connection, { name, replicas: NODES })
      const backend = withKvSubscriptions(events, connection, { replicas: NODES })
      await right(backend.migrate)
      const [source] = backend.sources
      const numberOf = async (list: string, key: string) =>
        Number((await right(source.values.get(`${list} ${key}`))) ?? 0)
      return {
        ...source,
        store: { ...backend.store, ...source.store },
        close: backend.close,
        addOne: async (transaction, list, key) => {
          const before = await numberOf(list, key)
          await right(transaction.put(`${list} ${key}`, before + 1))
        },
        numbersOf: async (list) => {
          const numbers = await Promise.all(
            KEYS.map(async (key) => [key, await numberOf(list, key)] as const),
          )
          return numbers.filter(([, number]) => number > 0)
        },
      }
    })
  })
})
