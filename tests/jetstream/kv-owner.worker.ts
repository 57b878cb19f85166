import { connect } from '@nats-io/transport-node'
import process from 'node:process'
import { fromStart, runSubscription } from 'reprise'
import { jetStream, withKvSubscriptions } from 'reprise/jetstream'
import * as E from 'fp-ts/Either'
import { ticks } from '../support/ticks'
import { LEASE, PARTITIONS, STORE, SUBSCRIPTION } from './kv-run'

// An instance of a subscription: reports every event that it handles, once that is on its way to the test.
const [urls = '', clock = ''] = process.argv.slice(2)

// The clock of this process is wrong from here on.
if (clock === 'stalled') Date.now = () => 0
if (clock === 'ahead') {
  const now = Date.now.bind(Date)
  Date.now = () => now() + 86_400_000
}

const report = (message: object): Promise<void> =>
  new Promise((resolve) => {
    process.send?.(message, () => resolve())
  })

const main = async (): Promise<void> => {
  const connection = await connect({
    servers: urls.split(','),
    user: 'app',
    pass: 'reprise',
    pingInterval: 1_000,
    maxPingOut: 2,
    timeout: 2_000,
    reconnectTimeWait: 50,
    maxReconnectAttempts: -1,
    ignoreClusterUpdates: true,
  })
  const backend = withKvSubscriptions(jetStream(connection, { name: STORE }), connection)
  const controller = new AbortController()
  process.on('SIGTERM', () => controller.abort())
  const ended = await runSubscription({
    name: SUBSCRIPTION,
    from: fromStart,
    events: ticks,
    partitions: PARTITIONS,
    leaseDuration: LEASE,
    handle:
      ({ streamId, version, position }) =>
      async () => {
        await report({ streamId, version, position })
        return E.right(undefined)
      },
  })(backend, { signal: controller.signal, onStarted: () => void report({ started: true }) })()
  await connection.close()
  process.exit(E.isRight(ended) ? 0 : 1)
}

void main()
