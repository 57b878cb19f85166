import type { NatsConnection } from '@nats-io/nats-core'
import * as TE from 'fp-ts/TaskEither'
import { jetStream, withKvSubscriptions } from 'reprise/jetstream'
import { examining } from '../../src/testing/operator-contract/examining'
import { holding } from '../../src/testing/operator-contract/holding'
import { lag } from '../../src/testing/operator-contract/lag'
import { moving } from '../../src/testing/operator-contract/moving'
import { names } from '../../src/testing/operator-contract/names'
import { renaming } from '../../src/testing/operator-contract/renaming'
import { repartitioning } from '../../src/testing/operator-contract/repartitioning'
import { seeing } from '../../src/testing/operator-contract/seeing'
import { stopping } from '../../src/testing/operator-contract/stopping'
import { type Operated, SETTINGS, type Suite } from '../../src/testing/operator-contract/subject'
import { registerSuites } from '../../src/testing/suites'
import { type NatsCluster, startNats } from '../support/nats-cluster'
import { describeWithNats } from '../support/nats-server'
import { right } from '../support/right'

/**
 * Tests of what does not exist on this operator: builds of projections, and the outboxes of process managers. Two more look for
 * the finding about projections, and for no warning at all, while one server alone is worth one.
 */
const OF_OTHERS = new Set([
  'counts the rejections that a process manager has left unanswered',
  'counts held events by what becomes of them, and parked commands',
  'names the projection of a build, and says whether readers see it',
  'finds a subscription by its name, its process manager or its projection',
  'does not move documents away from their checkpoint',
  'takes the outbox and the states of a process manager along',
  'does not mix a process manager with what another one has left',
  'keeps the name that the documents of a projection are found by',
  'divides a projection only if no document becomes wrong',
  'warns of what waits for a decision, events and commands',
  'warns of a read model that is behind, until it has caught up',
  'warns of a build that has no running process',
  'finds nothing wrong with a subscription that runs',
  'finds nothing wrong with an empty store, by checks with names of their own',
])

const withoutThem = ({ name, tests }: Suite): Suite => ({
  name,
  tests: Object.fromEntries(Object.entries(tests).filter(([title]) => !OF_OTHERS.has(title))),
})

describeWithNats('the operator of subscriptions in key/value buckets', (program) => {
  let cluster: NatsCluster
  let connection: NatsConnection
  let count = 0

  beforeAll(async () => {
    cluster = await startNats({ program, nodes: 1 })
    connection = await cluster.connect(0)
  }, 60_000)
  afterAll(async () => {
    await connection.close()
    await cluster.stop()
  })

  const open = async (): Promise<Operated> => {
    const events = jetStream(connection, { name: `operated${++count}`, replicas: 1 })
    const backend = withKvSubscriptions(events, connection, { replicas: 1, operator: SETTINGS })
    await right(backend.migrate)
    const [source] = backend.sources
    const parts: Pick<Operated, 'store' | 'subscriptions' | 'close'> = {
      store: { ...backend.store, ...source.store },
      subscriptions: {
        ...source.subscriptions,
        commit: (step, work) => source.subscriptions.commit(step, () => TE.map(() => step)(work())),
      },
      close: backend.close,
    }
    // The rest does not exist, and the tests of it are not run.
    return { ...parts, operator: source.operator } as unknown as Operated
  }

  const suites = [
    seeing,
    lag,
    names,
    holding,
    stopping,
    moving,
    renaming,
    repartitioning,
    examining,
  ].map(withoutThem)
  registerSuites('JetStream: what an operator contract asks of it', suites, open, { describe, it })
})
