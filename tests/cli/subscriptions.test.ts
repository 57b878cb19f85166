import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { parkAfter, type PoisonPolicy, stopAfter } from '../../src/core/poison'
import type { RecordedEvent } from '../../src/core/recorded-event'
import { runSubscription } from '../../src/shell/subscription/run-subscription'
import { fromStart } from '../../src/core/subscription-start'
import { cli, connect } from '../support/cli'
import { eventually } from '../support/eventually'
import { postgresReadSide, type PostgresReadSide } from '../support/postgres-read-side'
import { running } from '../support/running'
import { appendTicks, places, type Tick, ticks } from '../support/ticks'

let side: PostgresReadSide
beforeEach(async () => {
  side = await postgresReadSide()
})
let started: Array<{ readonly stop: () => Promise<unknown> }> = []
afterEach(async () => {
  await Promise.all(started.map(({ stop }) => stop()))
  started = []
  await side.close()
})

const reprise = (...args: ReadonlyArray<string>) => cli([...args, '--url', side.url])

interface Row {
  readonly subscription: string
  readonly state: string
  readonly position: number
  readonly owner: string | null
  readonly leasedUntil: string | null
  readonly heartbeatAt: string | null
  readonly parked: number
  readonly lag: { readonly events: number; readonly orMore: boolean; readonly seconds: number }
}
interface Document {
  readonly horizon: { readonly horizon: number; readonly holders: ReadonlyArray<object> }
  readonly subscriptions: ReadonlyArray<Row>
  readonly held: ReadonlyArray<object>
}
const seen = async (...name: ReadonlyArray<string>): Promise<Document> =>
  JSON.parse((await reprise('subscriptions', ...name, '--json')).out) as Document

/** Handles everything but what `isRefused` says, and remembers what it has handled. */
const mails = (
  poison: PoisonPolicy,
  isRefused: (event: RecordedEvent<Tick>) => boolean,
  reason = 'the post office is closed',
) => {
  const handled: RecordedEvent<Tick>[] = []
  const start = () => {
    const subscription = running((signal) =>
      runSubscription<Tick>({
        name: 'mails',
        from: fromStart,
        events: ticks,
        poison: { ...poison, firstBackoff: 1 },
        maxPollInterval: 20,
        leaseDuration: 1_000,
        handle: (event) =>
          isRefused(event) ? TE.left(new Error(reason)) : TE.fromIO(() => void handled.push(event)),
      })(side, { signal }),
    )
    started.push(subscription)
    return subscription
  }
  return { handled, start }
}

describe('reprise subscriptions', () => {
  it('shows position, lag, owner and lease of what is running', async () => {
    await appendTicks(side.store, 'counter-1', 1, 2, 3)
    const { start, handled } = mails(parkAfter(1), () => false)
    start()
    await eventually(
      async () => handled.length === 3 && (await seen()).subscriptions[0]?.position === 3,
    )
    const [row] = (await seen()).subscriptions
    expect(row).toMatchObject({
      subscription: 'mails',
      state: 'running',
      position: 3,
      owner: expect.any(String),
      leasedUntil: expect.stringMatching(/Z$/),
      heartbeatAt: expect.stringMatching(/Z$/),
      parked: 0,
      lag: { events: 0, orMore: false, seconds: 0 },
    })
    const { out } = await cli(['subscriptions', 'mails', '--url', side.url], { columns: 80 })
    for (const line of out.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
    expect(out).toMatch(/\nrunning +3 +0 +- +0 +[0-9a-f]{8} +\d s +mails\n/)
  })

  it('counts only the events that the subscription reads, and says how long they have waited', async () => {
    await side.subscriptions.register({
      name: 'waiting',
      partitions: 1,
      position: 0,
      categories: ['counter'],
      types: ['Ticked'],
    })()
    await appendTicks(side.store, 'counter-1', 1, 2)
    await appendTicks(side.store, 'other-1', 1)
    const [row] = (await seen()).subscriptions
    expect(row).toMatchObject({ state: 'no owner', owner: null, lag: { events: 2 } })
    expect(row?.lag.seconds).toBeGreaterThan(0)
  })

  it('counts for each partition the events of its own streams', async () => {
    await side.subscriptions.register({ name: 'shared', partitions: 4, position: 0 })()
    for (let stream = 1; stream <= 12; stream++) {
      await appendTicks(side.store, `counter-${stream}`, 1, 2)
    }
    const { subscriptions } = await seen('shared')
    expect(subscriptions).toHaveLength(4)
    expect(subscriptions.reduce((sum, { lag }) => sum + lag.events, 0)).toBe(24)
    expect(Math.max(...subscriptions.map(({ lag }) => lag.events))).toBeLessThan(24)
  })

  it('names the transaction that holds the horizon back', async () => {
    const transaction = await side.db.startTransaction().execute()
    await appendTicks(side.store.inTransaction(transaction), 'counter-1', 1)
    const { horizon } = await seen()
    expect(horizon).toMatchObject({
      horizon: 0,
      last: 1,
      holders: [
        {
          position: 0,
          pid: expect.any(Number),
          statement: expect.stringMatching(/^select .*append/),
        },
      ],
    })
    const { out } = await cli(['subscriptions', '--url', side.url], {
      connect: (target, opening, settings) =>
        connect(target, opening, { ...settings, thresholds: { openAppend: 0 } }),
    })
    expect(out).toMatch(/Held back by process \d+, .*append[^]*pg_terminate_backend/)
    await transaction.rollback().execute()
  })

  it('accuses no transaction that is as young as appends are', async () => {
    const transaction = await side.db.startTransaction().execute()
    await appendTicks(side.store.inTransaction(transaction), 'counter-1', 1)
    const { out } = await reprise('subscriptions')
    await transaction.rollback().execute()
    expect(out).toMatch(/Subscribers can read up to 0; the last position drawn is 1.\n$/)
  })

  it('says which subscriptions there are when one is not known', async () => {
    expect((await reprise('subscriptions', 'mails')).error).toMatch(/no subscription has ever/)
    await side.subscriptions.register({ name: 'mails', partitions: 1, position: 0 })()
    const { exitCode, error } = await reprise('subscriptions', 'mials')
    expect(exitCode).toBe(1)
    expect(error).toBe('reprise: There is no subscription mials. There is: mails.\n')
  })
})

describe('a handler that always throws', () => {
  const refused = ({ streamId }: RecordedEvent<Tick>) => streamId === 'counter-2'

  it('is visible with its error, and is handled once the cause is gone and it is retried', async () => {
    let open = false
    const { start, handled } = mails(parkAfter(2), (event) => !open && refused(event))
    await appendTicks(side.store, 'counter-2', 1, 2)
    await appendTicks(side.store, 'counter-3', 1)
    start()
    await eventually(async () => (await seen()).subscriptions[0]?.parked === 1)
    expect(places(handled)).toEqual(['counter-3:1'])
    expect((await seen('mails')).held).toEqual([
      expect.objectContaining({
        streamId: 'counter-2',
        version: 1,
        position: 1,
        attempts: 2,
        retryAt: null,
        decision: null,
        triedAt: expect.stringMatching(/Z$/),
        failure: {
          message: expect.stringContaining('the post office is closed'),
          stack: expect.stringContaining('subscriptions.test'),
        },
      }),
    ])
    const { out } = await reprise('subscriptions', 'mails')
    expect(out).toMatch(/counter-2 from version 1 on: position 1, Ticked/)
    expect(out).toMatch(/parked; 2 attempts.*\n.*the post office is closed[.]?\n +at /)

    open = true
    const retried = await reprise('retry', 'mails', '--stream', 'counter-2')
    expect(retried).toMatchObject({
      exitCode: 0,
      out: expect.stringMatching(
        /^Will be retried: Ticked at position 1, counter-2 version 1\nIts owner/,
      ),
    })
    await eventually(() => handled.length === 3)
    expect(places(handled)).toEqual(['counter-3:1', 'counter-2:1', 'counter-2:2'])
    await eventually(async () => (await seen('mails')).held.length === 0)
  })

  it('is passed over when it is skipped, and later events of its stream are handled', async () => {
    const { start, handled } = mails(parkAfter(1), (e) => refused(e) && e.version === 1)
    await appendTicks(side.store, 'counter-2', 1, 2)
    start()
    await eventually(async () => (await seen()).subscriptions[0]?.parked === 1)
    expect(await reprise('skip', 'mails')).toMatchObject({ exitCode: 2, out: '' })
    expect(await reprise('skip', 'mails', '--position', '2')).toMatchObject({
      exitCode: 1,
      error: 'reprise: mails holds nothing at position 2.\n',
    })
    expect(await reprise('skip', 'mails', '--position', '1', '--json')).toMatchObject({
      exitCode: 0,
    })
    await eventually(() => handled.length === 1)
    expect(places(handled)).toEqual(['counter-2:2'])
  })

  it('that has stopped everything continues when it is retried', async () => {
    let open = false
    const { start, handled } = mails(stopAfter(1), (event) => !open && refused(event))
    await appendTicks(side.store, 'counter-2', 1)
    expect(await start().ended).toMatchObject(E.left({ _tag: 'SubscriptionStopped' }))
    expect((await seen()).subscriptions[0]).toMatchObject({ state: 'stopped', position: 0 })
    expect((await reprise('subscriptions', 'mails')).out).toMatch(
      /stopped, because\n.*the post office is closed/,
    )
    open = true
    expect((await reprise('retry', 'mails')).out).toMatch(
      /^Resumed 1 partition of mails.*\nNo program runs mails/,
    )
    start()
    await eventually(() => handled.length === 1)
  })

  it('that has stopped everything is passed over when its position is skipped', async () => {
    const { start, handled } = mails(stopAfter(1), refused, 'see the event at position 3: closed')
    await appendTicks(side.store, 'counter-1', 1)
    await appendTicks(side.store, 'counter-2', 1)
    await appendTicks(side.store, 'counter-3', 1)
    await start().ended
    expect((await reprise('skip', 'mails', '--position', '3')).error).toMatch(
      /holds nothing at position 3. It is stopped: give the position that its failure names/,
    )
    expect((await seen('mails')).subscriptions[0]).toMatchObject({ failure: { position: 2 } })
    expect(await reprise('skip', 'mails', '--position', '2')).toMatchObject({ exitCode: 0 })
    start()
    await eventually(() => places(handled).includes('counter-3:1'))
    expect(places(handled)).toEqual(['counter-1:1', 'counter-3:1'])
  })
})

describe('reprise retry', () => {
  it('says so when nothing is held back', async () => {
    await side.subscriptions.register({ name: 'mails', partitions: 1, position: 0 })()
    expect(await reprise('retry', 'mails')).toEqual({
      exitCode: 1,
      out: '',
      error: 'reprise: mails holds nothing.\n',
    })
  })
})
