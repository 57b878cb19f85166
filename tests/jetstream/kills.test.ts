import { appendFileSync } from 'node:fs'
import type { NatsConnection } from '@nats-io/nats-core'
import * as E from 'fp-ts/Either'
import { jetStream, type JetStreamBackend } from 'reprise/jetstream'
import type { EventStore } from '../../src/core/ports/event-store'
import type { StoredEvent } from '../../src/core/recorded-event'
import { checkHistory } from '../../src/testing/history/check-history'
import type { HistoryEntry } from '../../src/testing/history/entries'
import { recordedStore } from '../../src/testing/history/recorded-store'
import { describeViolation } from '../../src/testing/history/violation'
import { type NatsCluster, startNats } from '../support/nats-cluster'
import { describeWithNats } from '../support/nats-server'
import { right } from '../support/right'
import { until } from '../support/until'
import { CALLERS, CATEGORY, pause, startLoad, STREAMS } from './load'

// Kills under load, each judged by the history checker. `npm run test:jetstream -- --seconds 60` makes longer ones.
const GIVEN = process.env['REPRISE_JETSTREAM_SECONDS']
const SECONDS = Number(GIVEN ?? 2)
const TIMES = Number(process.env['REPRISE_JETSTREAM_TIMES'] ?? 1)
const REPORT = process.env['REPRISE_JETSTREAM_REPORT']
const ONLY = process.env['REPRISE_JETSTREAM_ONLY']

const FAULTS = ['leader', 'follower', 'all', 'frozen'] as const
type Fault = (typeof FAULTS)[number]

const whole = ({ store, sources: [source] }: JetStreamBackend): EventStore => ({
  ...store,
  readAll: source.store.readAll,
})

/** Calls until there is an answer: while there is no leader, there is none. */
const insist = async <Answer>(call: () => Promise<E.Either<unknown, Answer>>): Promise<Answer> =>
  until(async () => {
    const answer = await call()
    return E.isRight(answer) ? { answer: answer.right } : undefined
  }, 60_000).then(({ answer }) => answer)

/** All events, page by page, through a connection of its own. */
const everything = async (store: EventStore): Promise<ReadonlyArray<StoredEvent>> => {
  const events: StoredEvent[] = []
  for (let after = 0, more = true; more;) {
    const page = await insist(store.readAll({ after, limit: 1_000, categories: [CATEGORY] }))
    events.push(...page.events)
    after = page.upTo
    more = page.more
  }
  return events
}

/** One fault: it passes again before this ends. */
const harm = async (fault: Fault, cluster: NatsCluster, stream: string): Promise<void> => {
  const leader = await until(() => cluster.leaderOf(stream), 60_000)
  const leading = cluster.nodes.filter(({ name }) => name === leader)
  const [following] = cluster.nodes.filter(({ name }) => name !== leader)
  const hit = fault === 'all' ? cluster.nodes : fault === 'leader' ? leading : [following]
  for (const node of hit) {
    if (fault === 'frozen') node?.freeze()
    else await node?.kill()
  }
  await pause(SECONDS * 150)
  for (const node of hit) {
    if (fault === 'frozen') node?.wake()
    else node?.start()
  }
  await until(() => cluster.leaderOf(stream), 60_000)
}

const quantile = (numbers: ReadonlyArray<number>, part: number): number => {
  const sorted = numbers.toSorted((left, right) => left - right)
  return Math.round((sorted[Math.floor(sorted.length * part)] ?? 0) * 10) / 10
}

describeWithNats('JetStream under load', (program) => {
  const only = ONLY ?? (GIVEN === undefined ? 'follower' : undefined)
  const faults = FAULTS.filter((fault) => only === undefined || fault === only)
  const rounds = faults.flatMap((fault) =>
    Array.from({ length: TIMES }, (_, index) => [fault, index + 1] as const),
  )

  it.each(rounds)(
    'loses, doubles and hides nothing of what it has acknowledged: %s killed, or hanging (%i)',
    async (fault) => {
      const cluster = await startNats({ program })
      const connections: NatsConnection[] = []
      const entries: HistoryEntry[] = []
      try {
        for (let index = 0; index < 4; index++) {
          const options = { pingInterval: 1_000, maxPingOut: 2, noRandomize: false }
          connections.push(await cluster.connectToAny(options))
        }
        const backends = connections.map((connection) => jetStream(connection))
        await right(insistOn(backends[0] as JetStreamBackend))
        const stores = backends.map(whole)
        const load = startLoad(stores, (entry) => entries.push(entry))

        const end = performance.now() + SECONDS * 1_000
        let count = 0
        while (performance.now() < end) {
          await pause(SECONDS * 100)
          await harm(fault, cluster, 'reprise_ev0')
          count += 1
        }
        await pause(SECONDS * 100)
        await load.stop()

        const last = recordedStore(load.recorder, 'the last reader', stores[0] as EventStore)
        const events = await everything(last)
        for (let index = 0; index < STREAMS; index++) {
          const streamId = `${CATEGORY}-${index}`
          await insist(last.load({ streamId, after: 0, limit: 1_000_000 }))
        }
        const copies = new Map<string, number>()
        const versions = new Map<string, number>()
        let gaps = 0
        for (const { streamId, version, metadata } of events) {
          const id = metadata.commandId ?? ''
          copies.set(id, (copies.get(id) ?? 0) + 1)
          if (version !== (versions.get(streamId) ?? 0) + 1) gaps += 1
          versions.set(streamId, version)
        }
        const pauses = load.times.map((time, index) => time - (load.times[index - 1] ?? time))
        const seen = new Set(load.followed.map(({ id }) => id))
        const followedTo = load.followed.at(-1)?.position ?? 0
        const violations = checkHistory(entries)
        const row = {
          fault,
          faults: count,
          acknowledged: load.acknowledged.size,
          lost: [...load.acknowledged.keys()].filter((id) => !copies.has(id)).length,
          doubled: [...copies.values()].filter((number) => number > 1).length,
          gaps,
          readerMissed: events.filter(({ id, position }) => position <= followedTo && !seen.has(id))
            .length,
          violations: violations.length,
          failures: Object.fromEntries(load.failures),
          longestPauseMs: Math.round(Math.max(...pauses)),
          p50: quantile(load.durations, 0.5),
          p99: quantile(load.durations, 0.99),
          entries: entries.length,
        }
        if (REPORT !== undefined) appendFileSync(REPORT, `${JSON.stringify(row)}\n`)
        expect(violations.slice(0, 3).map(describeViolation)).toEqual([])
        const { lost, doubled, readerMissed } = row
        expect({ lost, doubled, gaps, readerMissed }).toEqual({
          lost: 0,
          doubled: 0,
          gaps: 0,
          readerMissed: 0,
        })
        expect(row.acknowledged).toBeGreaterThan(CALLERS)
      } finally {
        for (const connection of connections) await connection.close()
        await cluster.stop()
      }
    },
    SECONDS * 10_000 + 120_000,
  )
})

/** The streams are made as soon as the cluster has a leader for its metadata. */
const insistOn = (backend: JetStreamBackend) => async () => E.right(await insist(backend.migrate))
