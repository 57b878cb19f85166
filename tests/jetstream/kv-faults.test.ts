import { appendFileSync } from 'node:fs'
import type { NatsConnection } from '@nats-io/nats-core'
import * as E from 'fp-ts/Either'
import { fromStart, runSubscription, type SubscriptionNotice } from 'reprise'
import { jetStream, type KvFollowedJetStream, withKvSubscriptions } from 'reprise/jetstream'
import { eventually } from '../support/eventually'
import { type NatsCluster, startNats } from '../support/nats-cluster'
import { describeWithNats } from '../support/nats-server'
import { right } from '../support/right'
import { running } from '../support/running'
import { appendTicks, tick, ticks } from '../support/ticks'
import { startWorker, type WorkerProcess } from '../support/workers'
import { STORE, SUBSCRIPTION } from './kv-run'
import { pause } from './load'

// `npm run test:jetstream -- --seconds 60` makes longer ones.
const SECONDS = Number(process.env['REPRISE_JETSTREAM_SECONDS'] ?? 4)
const REPORT = process.env['REPRISE_JETSTREAM_REPORT']
const STREAMS = 24

interface Handled {
  readonly streamId: string
  readonly version: number
  readonly position: number
}

const isHandled = (message: unknown): message is Handled =>
  typeof message === 'object' && message !== null && 'position' in message

describeWithNats('owners of a subscription in a key/value bucket on three nodes', (program) => {
  let cluster: NatsCluster
  let connection: NatsConnection
  let backend: KvFollowedJetStream
  let workers: WorkerProcess[]
  let handled: (Handled & { readonly at: number; readonly by: number })[]

  beforeEach(async () => {
    cluster = await startNats({ program })
    connection = await cluster.connectToAny({ pingInterval: 1_000, maxPingOut: 2, timeout: 2_000 })
    backend = withKvSubscriptions(jetStream(connection, { name: STORE }), connection)
    await right(backend.migrate)
    workers = []
    handled = []
  }, 60_000)
  afterEach(async () => {
    await Promise.all(workers.map((worker) => worker.kill()))
    await connection.close()
    await cluster.stop()
  }, 60_000)

  /** An instance in a process of its own, whose clock may be wrong. */
  const startOwner = (clock = 'right'): WorkerProcess => {
    const urls = cluster.nodes.map(({ url }) => url).join(',')
    const worker = startWorker('jetstream/kv-owner.worker.ts', urls, clock)
    worker.hear((message) => {
      if (isHandled(message)) handled.push({ ...message, at: performance.now(), by: worker.pid })
    })
    workers.push(worker)
    return worker
  }
  const hasHandled = (worker: WorkerProcess, since = 0) =>
    eventually(() => handled.slice(since).some(({ by }) => by === worker.pid), 60_000)
  const source = () => backend.sources[0]

  /** Appends to many streams, one event after the other, and watches the checkpoints meanwhile. */
  const startLoad = () => {
    const appended = new Map<string, number>()
    const checkpoints = new Map<number, number>()
    let [stopping, back] = [false, 0]
    const append = async (): Promise<void> => {
      const versions = new Map<string, number>()
      for (let count = 0; !stopping; count++) {
        const streamId = `tick-${count % STREAMS}`
        const expectedVersion = versions.get(streamId) ?? 0
        const events = [tick(1)]
        const request = { streamId, expectedVersion, events, commands: [] }
        // While there is no leader it may be stored or not: it is sent again, and then refused if it was.
        for (;;) {
          const answer = await backend.store.append(request)()
          if (E.isRight(answer) || answer.left._tag === 'VersionConflict') break
          await pause(20)
        }
        versions.set(streamId, expectedVersion + 1)
        await pause(2)
      }
      for (const [streamId, version] of versions) appended.set(streamId, version)
    }
    const watch = async (): Promise<void> => {
      while (!stopping) {
        const status = await source().operator.status(SUBSCRIPTION)()
        for (const { partition, position } of E.isRight(status) ? status.right : []) {
          if (position < (checkpoints.get(partition) ?? 0)) back += 1
          checkpoints.set(partition, Math.max(position, checkpoints.get(partition) ?? 0))
        }
        await pause(20)
      }
    }
    const ended = Promise.all([append(), watch()])
    return {
      /** What there is to handle, and how often a checkpoint has gone back. */
      stop: async () => {
        stopping = true
        await ended
        return { appended, back }
      },
    }
  }

  /** Waits until everything is handled, and judges what was. */
  const judged = async (fault: string, load: ReturnType<typeof startLoad>) => {
    const { appended, back } = await load.stop()
    const wanted = [...appended].flatMap(([streamId, last]) =>
      Array.from({ length: last }, (_, index) => `${streamId}:${index + 1}`),
    )
    const seen = () => new Set(handled.map(({ streamId, version }) => `${streamId}:${version}`))
    await eventually(() => wanted.every((place) => seen().has(place)), 90_000).catch(
      () => undefined,
    )
    // An event may be handled again, but none for the first time before the one before it.
    const [newest, early] = [new Map<string, number>(), [] as string[]]
    for (const { streamId, version } of handled) {
      const before = newest.get(streamId) ?? 0
      if (version > before + 1) early.push(`${streamId}:${version}`)
      newest.set(streamId, Math.max(before, version))
    }
    const pauses = handled.map(({ at }, index) => at - (handled[index - 1]?.at ?? at))
    const known = seen()
    const row = {
      fault,
      appended: wanted.length,
      handled: known.size,
      missed: wanted.filter((place) => !known.has(place)).length,
      again: handled.length - known.size,
      early: early.length,
      checkpointsBack: back,
      longestPauseMs: Math.round(Math.max(0, ...pauses)),
    }
    console.log(JSON.stringify(row))
    if (REPORT !== undefined) appendFileSync(REPORT, `${JSON.stringify(row)}\n`)
    expect(row).toMatchObject({ missed: 0, early: 0, checkpointsBack: 0 })
    return row
  }

  it(
    'handle everything at least once, in the order of each stream, when they are killed in the middle',
    async () => {
      const load = startLoad()
      let owner = startOwner()
      await hasHandled(owner)
      for (const end = performance.now() + SECONDS * 1_000; performance.now() < end;) {
        const next = startOwner()
        await pause(SECONDS * 100)
        await owner.kill()
        await hasHandled(next, handled.length)
        owner = next
      }
      await judged('owner killed', load)
    },
    SECONDS * 4_000 + 150_000,
  )

  it(
    'go by the clock of the servers: none with a wrong clock takes or keeps a lease, and one that was stopped for longer moves no checkpoint',
    async () => {
      const load = startLoad()
      const stalled = startOwner('stalled')
      await hasHandled(stalled)
      const ahead = startOwner('ahead')
      await hasHandled(ahead)
      await pause(SECONDS * 250)
      const taken = () => source().operator.status(SUBSCRIPTION)
      expect((await right(taken())).every(({ owner }) => owner !== undefined)).toBe(true)
      stalled.signal('SIGSTOP')
      const since = handled.length
      // The other one takes all, once the leases have expired by the clock of the servers.
      await eventually(async () => {
        const owners = new Set((await right(taken())).map(({ owner }) => owner))
        return owners.size === 1 && !owners.has(undefined)
      }, 60_000)
      await hasHandled(ahead, since)
      stalled.signal('SIGCONT')
      await hasHandled(stalled, since)
      await judged('owner stopped for longer than its lease, clocks wrong', load)
    },
    SECONDS * 4_000 + 150_000,
  )

  it(
    'go on while a node that does not lead hangs, and after the one that leads is killed',
    async () => {
      const load = startLoad()
      await hasHandled(startOwner())
      await hasHandled(startOwner())
      const bucket = `KV_${source().source}`
      for (const fault of ['frozen', 'killed'] as const) {
        const leader = await eventually(() => cluster.leaderOf(bucket), 60_000)
        const node = cluster.nodes.find(({ name }) => (name === leader) === (fault === 'killed'))
        if (fault === 'frozen') node?.freeze()
        else await node?.kill()
        await pause(SECONDS * 300)
        if (fault === 'frozen') node?.wake()
        else node?.start()
        await eventually(() => cluster.leaderOf(bucket), 60_000)
        await pause(SECONDS * 100)
      }
      await judged('node frozen, leader of the bucket killed', load)
    },
    SECONDS * 4_000 + 150_000,
  )

  it('end when their bucket is lost, and begin where they are declared to, in a new one', async () => {
    const seen: number[] = []
    const notices: SubscriptionNotice[] = []
    const start = () =>
      running((signal) =>
        runSubscription({
          name: SUBSCRIPTION,
          from: fromStart,
          events: ticks,
          leaseDuration: 900,
          handle:
            ({ position }) =>
            async () => {
              seen.push(position)
              return E.right(undefined)
            },
        })(backend, { signal, onNotice: (notice) => void notices.push(notice) }),
      )
    const positions = await appendTicks(backend.store, 'tick-1', 1, 2, 3)
    const first = start()
    await eventually(() => seen.length === 3)
    const bucket = `KV_${source().source}`
    await connection.request(`$JS.API.STREAM.DELETE.${bucket}`, '', { timeout: 5_000 })
    // Nothing is made up for what is gone: it is refused, until an operator makes the bucket again.
    await eventually(() =>
      notices.some(
        (notice) =>
          notice._tag === 'SubscriptionTroubled' &&
          notice.error._tag === 'StoreFailed' &&
          notice.error.reason === 'NotMigrated',
      ),
    )
    await right(backend.migrate)
    expect(await first.ended).toMatchObject({ left: { _tag: 'SubscriptionRemoved' } })
    seen.length = 0
    const second = start()
    await eventually(() => seen.length === 3)
    expect(seen).toEqual(positions)
    await right(() => second.stop())
  }, 60_000)
})
