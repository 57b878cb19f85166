import type { NatsConnection } from '@nats-io/nats-core'
import * as E from 'fp-ts/Either'
import { jetStream } from 'reprise/jetstream'
import {
  aMark,
  anEvent,
  appendTo,
  freshCategory,
  freshStream,
  freshTag,
  numbered,
  taggedEvents,
} from '../../src/testing/store-contract/fixtures'
import { type NatsCluster, startNats } from '../support/nats-cluster'
import { describeWithNats, oldNatsServer } from '../support/nats-server'
import { left, right } from '../support/right'

/** A connection that says it is to another version of the server. */
const pretending = (connection: NatsConnection, version: string): NatsConnection =>
  new Proxy(connection, {
    get: (target, key) => {
      if (key === 'info') return { ...target.info, version }
      const value: unknown = Reflect.get(target, key, target)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })

describeWithNats('what JetStream refuses', (program) => {
  let cluster: NatsCluster
  let connection: NatsConnection

  beforeAll(async () => {
    cluster = await startNats({
      program,
      nodes: 1,
      maxPayload: '64KB',
      jetstream: 'max_file_store: 3MB',
      users: [
        '{ user: reader, password: reprise, permissions: { publish: { deny: ["reprise.ev.>"] } } }',
      ],
    })
    connection = await cluster.connect(0)
    await right(jetStream(connection, { replicas: 1 }).migrate)
  }, 30_000)
  afterAll(async () => {
    await connection.close()
    await cluster.stop()
  })

  it('is everything, on a server that is too old', async () => {
    const { store, sources, migrate } = jetStream(pretending(connection, '2.9.10'))
    const tooOld = { _tag: 'StoreFailed', reason: 'ServerTooOld', outcome: 'nothingWritten' }
    const streamId = freshStream()
    expect(await left(migrate)).toMatchObject(tooOld)
    expect(await left(store.append(appendTo(streamId, 0, numbered(1))))).toMatchObject(tooOld)
    expect(await left(store.load({ streamId, after: 0, limit: 1 }))).toMatchObject(tooOld)
    expect(await left(sources[0].store.readAll({ after: 0, limit: 1 }))).toMatchObject(tooOld)
  })

  ;(oldNatsServer === '' ? it.skip : it)(
    'is everything, on a real server of 2.9',
    async () => {
      const old = await startNats({ program: oldNatsServer, nodes: 1 })
      const toOld = await old.connect(0)
      try {
        const { store, migrate } = jetStream(toOld, { replicas: 1 })
        expect(toOld.info?.version).toMatch(/^2\.9\./)
        for (const answer of [
          await left(migrate),
          await left(store.append(appendTo(freshStream(), 0, numbered(1)))),
          await left(store.streams({ after: '', limit: 1 })),
        ]) {
          expect(answer).toMatchObject({ reason: 'ServerTooOld', outcome: 'nothingWritten' })
        }
      } finally {
        await toOld.close()
        await old.stop()
      }
    },
    30_000,
  )

  it('is everything, in a store that was not set up, until it is', async () => {
    const { store, migrate } = jetStream(connection, { name: 'later', replicas: 1 })
    const append = store.append(appendTo(freshStream(), 0, numbered(1)))
    expect(await left(append)).toMatchObject({ reason: 'NotMigrated', outcome: 'nothingWritten' })
    expect((await right(migrate)).applied).toEqual(['later_state', 'later_ev0'])
    expect((await right(migrate)).present).toEqual(['later_state', 'later_ev0'])
    await right(append)
  })

  it('is a program that names another number of partitions', async () => {
    const { store, migrate } = jetStream(connection, { partitions: 2, replicas: 1 })
    const wrong = { reason: 'NotMigrated', message: expect.stringContaining('1 partitions') }
    expect(await left(migrate)).toMatchObject(wrong)
    expect(await left(store.version(freshStream()))).toMatchObject(wrong)
  })

  it('is a name that is no token of a subject', async () => {
    const { store, migrate } = jetStream(connection, { name: 'a.b' })
    expect(await left(migrate)).toMatchObject({ reason: 'InvalidSchemaName' })
    expect(await left(store.version(freshStream()))).toMatchObject({ reason: 'InvalidSchemaName' })
  })

  it('is an append larger than a message may be, and a snapshot', async () => {
    const { store } = jetStream(connection)
    const streamId = freshStream()
    const large = [anEvent({ text: 'é'.repeat(40_000) })]
    expect(await left(store.append(appendTo(streamId, 0, large)))).toMatchObject({
      _tag: 'LimitExceeded',
      limit: 'appendSize',
      maximum: 65_536,
    })
    const snapshot = { streamId, version: 1, schemaVersion: 1, state: 'é'.repeat(40_000) }
    expect(await left(store.saveSnapshot(snapshot))).toMatchObject({ reason: 'DataRefused' })
    expect(await right(store.version(streamId))).toBe(0)
  })

  it('is more commands in one append than an atomic batch takes', async () => {
    const { store } = jetStream(connection)
    const marks = Array.from({ length: 1_000 }, (_, index) => aMark(`c${index}`, 0))
    expect(await left(store.append(appendTo(freshStream(), 0, [], marks)))).toMatchObject({
      _tag: 'LimitExceeded',
      actual: 1_000,
    })
  })

  it('is a subject that the user may not publish on', async () => {
    const reader = await cluster.connect(0, { user: 'reader' })
    const streamId = freshStream()
    const { store } = jetStream(reader, { timeout: 3_000 })
    expect(await left(store.append(appendTo(streamId, 0, numbered(1))))).toMatchObject({
      reason: 'AccessDenied',
    })
    expect(await right(store.version(streamId))).toBe(0)
    await reader.close()
  })

  it('is a read by tags of a category that had events before it had tags', async () => {
    const [early, late, tag] = [freshCategory(), freshCategory(), freshTag()]
    const { store, sources } = jetStream(connection)
    await right(store.append(appendTo(freshStream(early), 0, numbered(1))))
    await right(store.append(appendTo(freshStream(late), 0, taggedEvents([tag]))))
    for (const category of [early, late, early]) await right(store.declareTags(category))
    const read = (categories: ReadonlyArray<string>) =>
      sources[0].store.readAll({ after: 0, limit: 10, categories, tags: [tag] })
    expect(await left(read([early]))).toMatchObject({ reason: 'TagsIncomplete' })
    expect((await right(read([late]))).events).toHaveLength(1)
  })

  it('is an append for which there is no room, and nothing of what was stored is lost', async () => {
    const { store } = jetStream(connection, { name: 'full', replicas: 1 })
    await right(jetStream(connection, { name: 'full', replicas: 1 }).migrate)
    const streamId = freshStream()
    const append = (version: number) =>
      store.append(appendTo(streamId, version, [anEvent({ text: 'x'.repeat(50_000) })]))()
    let version = 0
    let refused: unknown
    while (refused === undefined && version < 200) {
      const answer = await append(version)
      if (E.isRight(answer)) version += 1
      else refused = answer.left
    }
    expect(refused).toMatchObject({ reason: 'StorageFull', outcome: 'nothingWritten' })
    expect(await right(store.version(streamId))).toBe(version)
    const { events } = await right(store.read(streamId, { after: 0, limit: 1_000 }))
    expect(events.map((event) => event.version)).toEqual(
      Array.from({ length: version }, (_, index) => index + 1),
    )
  })
})

describeWithNats('doctor on JetStream', (program) => {
  const examined = async (settings: string) => {
    const cluster = await startNats({ program, nodes: 1, jetstream: settings })
    const [connection, system] = [await cluster.connect(0), await cluster.connectAsSystem()]
    const backend = jetStream(connection, { system, replicas: 1 })
    await right(backend.migrate)
    const findings = await right(backend.examine)
    const unknown = await right(jetStream(connection).examine)
    await connection.close()
    await system.close()
    await cluster.stop()
    const levelOf = (all: typeof findings, check: string) =>
      all.find((finding) => finding.check === check)
    return {
      findings,
      sync: levelOf(findings, 'sync_interval'),
      unknown: levelOf(unknown, 'sync_interval'),
    }
  }

  it('tells when servers write to their disks', async () => {
    const always = await examined('sync_interval: always')
    expect(always.sync).toMatchObject({ level: 'ok' })
    expect(always.unknown).toMatchObject({ level: 'warning' })
    const lazy = await examined('')
    expect(lazy.sync).toMatchObject({ level: 'warning', message: expect.stringContaining('n1') })
    expect(lazy.findings.map(({ check, level }) => [check, level])).toEqual([
      ['servers', 'ok'],
      ['sync_interval', 'warning'],
      ['max_payload', 'ok'],
      ['stream reprise_state', 'warning'],
      ['stream reprise_ev0', 'warning'],
    ])
  }, 30_000)
})
