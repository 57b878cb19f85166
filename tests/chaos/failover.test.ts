import { randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import * as t from 'io-ts'
import { sql, type Transaction } from 'kysely'
import { Client, Pool } from 'pg'
import {
  type Backend,
  fromStart,
  type Notice,
  openCategory,
  type Projection,
  projectionReader,
  runProjection,
  runSubscription,
  runSubscriptionInTransaction,
} from 'reprise'
import { stateCodec } from 'reprise/codec'
import { memory } from 'reprise/memory'
import { postgres, severalHosts } from 'reprise/postgres'
import { connectPool } from '../../src/adapters/postgres/connection/pool'
import { add, counter, type CounterEvent } from '../support/counter'
import { eventually } from '../support/eventually'
import { right } from '../support/right'
import { running } from '../support/running'
import {
  across,
  mostAdvanced,
  onServer,
  type ReplicatedServer,
  startReplicated,
} from '../support/servers'

// One failover of a primary with two standbys under load. `npm run test:failover` makes several, and longer ones.
const FAILOVERS = Number(process.env['REPRISE_FAILOVERS'] ?? 1)
const LOAD = Number(process.env['REPRISE_FAILOVER_SECONDS'] ?? 2) * 1000
const REPORT = process.env['REPRISE_FAILOVER_REPORT']
const CALLERS = 64
const STREAMS = 32
const CONNECTIONS = 64

interface Acknowledged {
  readonly stream: string
  readonly commandId: string
  readonly version: number
}

interface Failure {
  readonly caller: number
  /** Whether the category sends again by itself. */
  readonly isRetried: boolean
  readonly reason: string
  readonly outcome: string
  /** The driver's error: one for all commands that shared the statement. */
  readonly cause: unknown
}

interface StoredRow {
  readonly stream: string
  readonly version: number
  readonly position: number
}

const pause = (milliseconds: number) =>
  new Promise((resolve) => {
    setTimeout(resolve, milliseconds)
  })

/** What `doctor` finds in one check. */
const findingOf = async ({ operator }: Pick<Backend<never>, 'operator'>, check: string) =>
  (await right(operator.examine())).find((finding) => finding.check === check)

/** Callers that send one command after another, each with an id, and each until it is accepted. */
const startCallers = (url: string) => {
  const pool = new Pool({ ...severalHosts(Client, url), max: CONNECTIONS })
  const backend = postgres(pool)
  const counters = openCategory(counter, backend)
  const retrying = openCategory(counter, backend, { retryOutagesFor: 60_000 })
  const acknowledged: Acknowledged[] = []
  const successes: number[] = []
  const failures: Failure[] = []
  let stopping = false
  let givingUp = false

  const send = async (caller: number, number: number): Promise<void> => {
    const stream = `s${(caller + number) % STREAMS}`
    const commandId = randomUUID()
    const isRetried = caller % 2 === 1
    const category = isRetried ? retrying : counters
    for (;;) {
      const answer = await category.handleCommand(stream, add(1), { commandId })()
      const at = performance.now()
      if (E.isRight(answer)) {
        successes.push(at)
        acknowledged.push({ stream, commandId, version: answer.right.version })
        return
      }
      const failure = answer.left
      if (failure._tag !== 'StoreFailed') throw new Error(failure.message)
      const { reason, outcome, cause } = failure
      failures.push({ caller, isRetried, reason, outcome, cause })
      if (givingUp) return
      await pause(20)
    }
  }
  const caller = async (number: number) => {
    for (let n = 0; !stopping; n++) await send(number, n)
  }
  const working = Promise.all(Array.from({ length: CALLERS }, (_, n) => caller(n)))
  return {
    acknowledged,
    successes,
    failures,
    /** Lets every command in hand be accepted. */
    finish: async () => {
      stopping = true
      await working
    },
    stop: async () => {
      stopping = true
      givingUp = true
      await working
      await counters.snapshotsSettled()
      await retrying.snapshotsSettled()
      await backend.close()
      await pool.end()
    },
  }
}

/** How many events each stream has. */
const counts: Projection<{ readonly events: number }, CounterEvent> = {
  name: 'counts',
  version: 1,
  events: counter.events,
  key: ({ streamId }) => streamId.slice('counter-'.length),
  view: { initialState: { events: 0 }, evolve: ({ events }) => ({ events: events + 1 }) },
  state: stateCodec(1, t.strict({ events: t.number })),
}

/** A reader that writes down what it has seen, in the transaction of its checkpoint; and a read model. */
const startReader = (url: string) => {
  const pool = new Pool({ ...severalHosts(Client, url), max: 4 })
  const backend = postgres(pool)
  const witness = runSubscriptionInTransaction<CounterEvent, Transaction<unknown>>({
    name: 'witness',
    events: counter.events,
    partitions: 2,
    handle:
      ({ streamId, version, position }, transaction) =>
      async () => {
        const stream = streamId.slice('counter-'.length)
        await sql`insert into witnessed (stream, version, position) values (${stream}, ${version}, ${position})`.execute(
          transaction,
        )
        return E.right(undefined)
      },
  })
  const runs = [
    running((signal) => witness(backend, { signal })),
    running((signal) => runProjection(counts)(backend, { signal })),
  ]
  return async () => {
    for (const { stop } of runs) await right(() => stop())
    await backend.close()
    await pool.end()
  }
}

/** The streams whose document is not what their events say, once it has all of them. */
const wrongDocuments = async (url: string, events: ReadonlyArray<StoredRow>) => {
  const db = connectPool<unknown>(new Pool({ connectionString: url, max: 2 }))
  const reader = projectionReader(counts)(postgres(db))
  const versions = new Map(events.map(({ stream, version }) => [stream, version]))
  const wrong: string[] = []
  await right(reader.until(events.at(-1)?.position ?? 0, 20_000))
  for (const [stream, version] of versions) {
    if ((await right(reader.get(stream)))?.events !== version) wrong.push(stream)
  }
  await db.destroy()
  return wrong
}

/** What stands in the store, and what the reader has seen of it, in its order. */
const storedIn = async (url: string) => ({
  events: await onServer<StoredRow>(
    url,
    `select substr(stream_id, 9) as stream, version::integer, position::double precision
     from reprise.events order by position`,
  ),
  seen: await onServer<StoredRow>(
    url,
    'select stream, version::integer, position::double precision from witnessed order by seen',
  ),
  commands: await onServer<{ id: string }>(url, 'select command_id as id from reprise.commands'),
})

const key = ({ stream, version }: { readonly stream: string; readonly version: number }) =>
  `${stream}:${version}`

/** Versions that are not the one after the version before, in the order given. */
const gapsIn = (rows: ReadonlyArray<StoredRow>): ReadonlyArray<string> => {
  const last = new Map<string, number>()
  return rows.flatMap((row) => {
    const gap = row.version !== (last.get(row.stream) ?? 0) + 1
    last.set(row.stream, row.version)
    return gap ? [key(row)] : []
  })
}

/** Kills the primary under load, promotes the better standby, and judges what is left. */
const failOver = async (servers: ReplicatedServer) => {
  const { primary, replicas } = servers
  const url = across([primary, ...replicas])
  const db = connectPool<unknown>(new Pool({ connectionString: primary.url, max: 2 }))
  await right(postgres(db).migrate)
  await sql`create table witnessed (
    stream text, version integer, position bigint, seen bigint generated always as identity)`.execute(
    db,
  )

  const standbys = await findingOf(postgres(db), 'standbys')
  await db.destroy()

  const callers = startCallers(url)
  const stopReader = startReader(url)
  try {
    return { standbys: standbys?.level, ...(await judged(servers, callers)) }
  } finally {
    await callers.stop()
    await stopReader()
  }
}

/** The failover itself, and what is left. */
const judged = async (
  { primary, replicas, follow }: ReplicatedServer,
  callers: ReturnType<typeof startCallers>,
) => {
  await eventually(() => callers.acknowledged.length > CALLERS)
  await pause(LOAD / 4)
  // One standby lags from here on: promoting that one would lose what was confirmed.
  for (const lagging of replicas.slice(0, 1)) await follow(lagging, undefined)
  await pause(LOAD / 4)
  const killed = performance.now()
  await primary.kill()
  const next = await mostAdvanced(replicas)
  const others = replicas.filter((replica) => replica !== next)
  await Promise.all(others.map((replica) => follow(replica, next)))
  await onServer(next.url, 'select pg_promote(true, 60)')
  const promoted = performance.now()
  const firstSuccess = await eventually(() => callers.successes.find((at) => at > promoted))
  await pause(LOAD / 2)
  await callers.finish()
  const stored = (await storedIn(next.url)).events
  await eventually(async () => (await storedIn(next.url)).seen.length >= stored.length)
  const documentsWrong = (await wrongDocuments(next.url, stored)).length

  const { events, seen, commands } = await storedIn(next.url)
  const keys = new Set(events.map(key))
  const ids = new Set(commands.map(({ id }) => id))
  const { acknowledged, failures } = callers
  const lostAnswers = failures.filter(({ reason }) => reason !== 'Unavailable')
  const perCaller = new Map<number, number>()
  for (const { caller } of lostAnswers) perCaller.set(caller, (perCaller.get(caller) ?? 0) + 1)
  return {
    acknowledged: acknowledged.length,
    events: events.length,
    lost: acknowledged.filter((one) => !keys.has(key(one)) || !ids.has(one.commandId)).length,
    doubled: events.length - ids.size,
    gaps: gapsIn(events).length,
    readerMissed: events.length - new Set(seen.map(key)).size,
    readerDoubled: seen.length - new Set(seen.map(key)).size,
    readerGaps: gapsIn(seen).length,
    documentsWrong,
    promotionMs: Math.round(promoted - killed),
    firstSuccessMs: Math.round(firstSuccess - promoted),
    brokenConnections: new Set(lostAnswers.map(({ cause }) => cause)).size,
    lostAnswers: lostAnswers.length,
    failedThoughRetried: failures.filter(({ isRetried }) => isRetried).length,
    mostPerCaller: Math.max(0, ...perCaller.values()),
    unknownOutcomes: failures.filter(({ outcome }) => outcome === 'unknown').length,
    refusedMeanwhile: failures.length - lostAnswers.length,
    reasons: [...new Set(failures.map(({ reason }) => reason))],
  }
}

describe('a failover under 64 callers, to a standby of two that is synchronous', () => {
  it.each(Array.from({ length: FAILOVERS }, (_, n) => n + 1))(
    'loses and doubles nothing, and goes on within two seconds of the promotion (%i)',
    async () => {
      const servers = await startReplicated(2, 'synchronous_standby_names=ANY 1 (*)')
      try {
        const report = await failOver(servers)
        if (REPORT !== undefined)
          writeFileSync(REPORT, `${JSON.stringify(report)}\n`, { flag: 'a' })
        expect(report).toMatchObject({
          standbys: 'ok',
          lost: 0,
          doubled: 0,
          gaps: 0,
          readerMissed: 0,
          readerDoubled: 0,
          readerGaps: 0,
          documentsWrong: 0,
          failedThoughRetried: 0,
        })
        expect(report.firstSuccessMs).toBeLessThan(2_000)
        expect(report.brokenConnections).toBeLessThanOrEqual(CONNECTIONS)
        // A backend may notice a moment late that its server is gone: then the next attempt meets it, too.
        expect(report.mostPerCaller).toBeLessThanOrEqual(2)
        expect(report.acknowledged).toBeGreaterThan(CALLERS)
      } finally {
        await servers.stop()
      }
    },
    120_000,
  )
})

describe('a failover to a standby that lags', () => {
  let servers: ReplicatedServer
  beforeAll(async () => {
    servers = await startReplicated()
  }, 60_000)
  afterAll(() => servers.stop())

  it('loses commits that were acknowledged; states and checkpoints that know of them say so', async () => {
    const { primary, replica } = servers
    const url = across([primary, replica])
    const pool = new Pool({ ...severalHosts(Client, url), max: 8 })
    const backend = postgres(pool)
    await right(backend.migrate)
    const notices: Notice[] = []
    const onNotice = (notice: Notice) => void notices.push(notice)
    const counters = openCategory(counter, backend, { onNotice })
    const send = async (times: number) => {
      for (let n = 0; n < times; n++) await right(counters.handleCommand('a', add(1)))
    }
    /** A reader whose checkpoints are kept elsewhere: they do not go back with the store. */
    const reader = () => {
      const { subscriptions } = memory()
      const seen: number[] = []
      const subscription = runSubscription({
        name: 'mails',
        from: fromStart,
        events: counter.events,
        handle: ({ version }) => {
          seen.push(version)
          return TE.right(undefined)
        },
      })
      const start = () =>
        running((signal) => subscription({ ...backend, subscriptions }, { signal }))
      return { seen, start }
    }
    const [ahead, told, untold] = [reader(), reader(), reader()]

    await send(5)
    expect(await findingOf(backend, 'standbys')).toMatchObject({ level: 'warning' })
    await servers.caughtUp()
    await servers.follow(replica, undefined)
    await eventually(async () => {
      const [row] = await onServer<{ n: number }>(
        primary.url,
        'select count(*)::integer as n from pg_stat_replication',
      )
      return row?.n === 0
    })
    await send(60) // more than a standby's sequence is ahead of its rows
    const first = [ahead, told, untold].map(({ start }) => start())
    await eventually(() => [ahead, told, untold].every(({ seen }) => seen.length === 65))
    for (const { stop } of first) await right(() => stop())

    await primary.kill()
    await servers.promote()
    const [left65] = await onServer<{ n: number }>(
      replica.url,
      'select count(*)::integer as n from reprise.events',
    )
    expect(left65).toEqual({ n: 5 }) // 60 acknowledged commits are gone
    expect(await ahead.start().ended).toMatchObject(E.left({ _tag: 'CheckpointAhead' }))
    expect(await right(counters.load('a'))).toMatchObject({ state: { total: 5 }, version: 5 })
    expect(notices).toContainEqual(
      expect.objectContaining({ _tag: 'StateDropped', known: 65, actual: 5 }),
    )

    // The store grows past the checkpoints again: only a new lineage tells them apart.
    await send(60)
    const passing = untold.start()
    await eventually(() => untold.seen.includes(65, 65))
    await right(() => passing.stop())
    expect(untold.seen.slice(65)).not.toContain(6)
    await right(backend.operator.newLineage())
    expect(await told.start().ended).toMatchObject(E.left({ _tag: 'OtherLineage' }))

    await counters.snapshotsSettled()
    await backend.close()
    await pool.end()
  }, 60_000)
})
