import { errors, type Msg, type NatsConnection } from '@nats-io/nats-core'
import * as E from 'fp-ts/Either'
import { jetStream, type JetStreamBackend, type JetStreamOptions } from 'reprise/jetstream'
import { aMark, appendTo, freshStream, numbered } from '../../src/testing/store-contract/fixtures'
import { type NatsCluster, startNats } from '../support/nats-cluster'
import { describeWithNats } from '../support/nats-server'
import { right } from '../support/right'

/** What happens to one request: it is passed on, its answer is lost, it is lost itself, or the leader compares nothing. */
type Fate = 'passes' | 'answerLost' | 'lost' | 'inFlight'

/** What the leader of a replicated stream answers while it is not done with another message of the subject. */
const inFlight = (): Msg => {
  const error = { code: 400, err_code: 10_164, description: 'wrong last sequence' }
  return {
    subject: '',
    sid: 0,
    data: new Uint8Array(),
    respond: () => false,
    json: () => ({ error }) as never,
    string: () => '',
  }
}

const timedOut = (): Error => new errors.TimeoutError()

/** A connection over which requests to subjects that match are treated as `fates` says, one after another. */
const bad = (
  connection: NatsConnection,
  pattern: Pick<RegExp, 'test'>,
  fates: Fate[],
  afterwards: () => Promise<void> = () => Promise.resolve(),
): NatsConnection =>
  new Proxy(connection, {
    get: (target, key) => {
      if (key !== 'request') {
        const value: unknown = Reflect.get(target, key, target)
        return typeof value === 'function' ? (value.bind(target) as unknown) : value
      }
      const request: NatsConnection['request'] = async (subject, ...rest) => {
        const fate = pattern.test(subject) ? (fates.shift() ?? 'passes') : 'passes'
        if (fate === 'inFlight') return inFlight()
        if (fate === 'lost') {
          await afterwards()
          throw timedOut()
        }
        const answer = await target.request(subject, ...rest)
        if (fate === 'passes') return answer
        await afterwards()
        throw timedOut()
      }
      return request
    },
  })

describeWithNats('an append to JetStream whose answer is lost', (program) => {
  let cluster: NatsCluster
  let connection: NatsConnection
  let witness: JetStreamBackend

  beforeAll(async () => {
    cluster = await startNats({ program, nodes: 1 })
    connection = await cluster.connect(0)
    witness = jetStream(connection)
    await right(jetStream(connection, { replicas: 1 }).migrate)
  }, 30_000)
  afterAll(async () => {
    await connection.close()
    await cluster.stop()
  })

  const COMMIT = /^reprise\.ev\./
  const over = (
    fates: Fate[],
    afterwards?: () => Promise<void>,
    options: JetStreamOptions = {},
  ): JetStreamBackend => jetStream(bad(connection, COMMIT, fates, afterwards), options)
  const idsOf = async (streamId: string) =>
    (await right(witness.store.read(streamId, { after: 0, limit: 100 }))).events.map(({ id }) => id)

  it.each<Fate[]>([['answerLost'], ['answerLost', 'answerLost', 'lost'], ['lost', 'answerLost']])(
    'is stored once, and is answered as if nothing had happened: %s',
    async (...fates) => {
      const [streamId, events] = [freshStream(), numbered(2)]
      const { store } = over([...fates])
      const appended = await right(store.append(appendTo(streamId, 0, events)))
      expect(appended.version).toBe(2)
      const page = await right(witness.store.read(streamId, { after: 0, limit: 10 }))
      expect(page.events.map(({ position }) => position)).toEqual(appended.positions)
      expect(await idsOf(streamId)).toEqual(events.map(({ id }) => id))
    },
  )

  it('is found although others have written after it', async () => {
    const [streamId, events, others] = [freshStream(), numbered(1), numbered(3)]
    const { store } = over(['answerLost'], async () => {
      await right(witness.store.append(appendTo(streamId, 1, others)))
    })
    const { version, positions } = await right(store.append(appendTo(streamId, 0, events)))
    const page = await right(witness.store.read(streamId, { after: 0, limit: 10 }))
    expect([version, positions]).toEqual([1, [page.events[0]?.position]])
    expect(await idsOf(streamId)).toEqual([...events, ...others].map(({ id }) => id))
  })

  it('is a conflict if it was lost itself, and another one was stored meanwhile', async () => {
    const [streamId, others] = [freshStream(), numbered(1)]
    const { store } = over(['lost'], async () => {
      await right(witness.store.append(appendTo(streamId, 0, others)))
    })
    expect(await store.append(appendTo(streamId, 0, numbered(1)))()).toMatchObject(
      E.left({ _tag: 'VersionConflict', actual: 1 }),
    )
    expect(await idsOf(streamId)).toEqual(others.map(({ id }) => id))
  })

  it('is answered as handled once, and its command has its effect once, with an id', async () => {
    const [streamId, events] = [freshStream(), numbered(2)]
    const request = appendTo(streamId, 0, events, [aMark('c.1', 2)])
    const { store } = over(['answerLost', 'answerLost'])
    expect((await right(store.append(request))).version).toBe(2)
    expect(await witness.store.append(request)()).toMatchObject(
      E.left({ _tag: 'CommandAlreadyHandled', commandId: 'c.1', after: 0, eventCount: 2 }),
    )
    expect(await idsOf(streamId)).toEqual(events.map(({ id }) => id))
  })

  it('is sent again, and nothing is read, while the leader compares nothing', async () => {
    const [streamId, events] = [freshStream(), numbered(1)]
    await right(witness.store.append(appendTo(streamId, 0, numbered(1))))
    const fates: Fate[] = []
    const sent: string[] = []
    const counted = bad(connection, { test: (subject) => sent.push(subject) > 0 }, fates)
    const { store } = jetStream(counted)
    await right(store.version(streamId)) // opened, and where the stream ends is known
    fates.push('inFlight', 'inFlight', 'inFlight')
    sent.length = 0
    expect((await right(store.append(appendTo(streamId, 1, events)))).version).toBe(2)
    expect(new Set(sent).size).toBe(1)
    expect(sent).toHaveLength(4)

    const endless = Array.from({ length: 100_000 }, () => 'inFlight' as const)
    const late = over(endless, undefined, { timeout: 50 })
    expect(await late.store.append(appendTo(streamId, 2, numbered(1)))()).toMatchObject(
      E.left({ _tag: 'StoreFailed', reason: 'TimedOut', outcome: 'nothingWritten' }),
    )
    expect(await right(witness.store.version(streamId))).toBe(2)
  })

  it('has an outcome that is not known only when the time is up', async () => {
    const streamId = freshStream()
    const lost = Array.from({ length: 1_000 }, () => 'answerLost' as const)
    const { store } = over(lost, undefined, { timeout: 50 })
    expect(await store.append(appendTo(streamId, 0, numbered(1)))()).toMatchObject(
      E.left({ _tag: 'StoreFailed', outcome: 'unknown' }),
    )
    expect(await idsOf(streamId)).toHaveLength(1)
  })

  it('is not stored at all, and says so, when no request gets through', async () => {
    const streamId = freshStream()
    const cause = new errors.NoRespondersError('reprise.ev.0.a.b')
    const gone = new errors.RequestError(cause.message, { cause })
    const refusing = new Proxy(connection, {
      get: (target, key) => {
        if (key === 'request') {
          const request: NatsConnection['request'] = (subject, ...rest) =>
            COMMIT.test(subject) ? Promise.reject(gone) : target.request(subject, ...rest)
          return request
        }
        const value: unknown = Reflect.get(target, key, target)
        return typeof value === 'function' ? (value.bind(target) as unknown) : value
      },
    })
    const { store } = jetStream(refusing, { timeout: 100 })
    expect(await store.append(appendTo(streamId, 0, numbered(1)))()).toMatchObject(
      E.left({ _tag: 'StoreFailed', reason: 'Unavailable', outcome: 'nothingWritten' }),
    )
    expect(await idsOf(streamId)).toEqual([])
  })

  it('is loaded with nine others in two trips: the end from its leader, and all of them', async () => {
    const streamId = freshStream()
    for (let version = 0; version < 10; version++) {
      await right(witness.store.append(appendTo(streamId, version, numbered(1))))
    }
    const sent: string[] = []
    const counting = new Proxy(connection, {
      get: (target, key) => {
        const value: unknown = Reflect.get(target, key, target)
        if (typeof value !== 'function') return value
        const call = value.bind(target) as (subject: string, ...rest: unknown[]) => unknown
        if (key !== 'request' && key !== 'publish') return call
        return (subject: string, ...rest: unknown[]) => {
          sent.push(subject)
          return call(subject, ...rest)
        }
      },
    })
    const { store } = jetStream(counting)
    await right(store.version(freshStream())) // it has been opened
    sent.length = 0
    const { events } = await right(store.load({ streamId, after: 0, limit: 100 }))
    expect(events).toHaveLength(10)
    expect(sent).toEqual(['$JS.API.STREAM.MSG.GET.reprise_ev0', '$JS.API.DIRECT.GET.reprise_ev0'])
  })
})
