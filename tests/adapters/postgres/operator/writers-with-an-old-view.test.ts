import { either as E } from 'fp-ts'
import type { TaskEither } from 'fp-ts/TaskEither'
import { Client, Pool } from 'pg'
import { postgres, type PostgresBackend } from 'reprise/postgres'
import { blockedIn } from '../../../support/blocked'
import { eventually } from '../../../support/eventually'
import { isAsleep, stopAnnouncement, stopInsertsAtGate, whileClosed } from '../../../support/gate'
import { type MigratedDatabase, migratedDatabase } from '../../../support/postgres'
import { left, right } from '../../../support/right'
import { tick } from '../../../support/ticks'

// A writer that has looked at a stream, and inserts later than others have appended to it and an operator has removed their events.

let database: MigratedDatabase<unknown>
let admin: Client
let pools: ReadonlyArray<Pool>
let slow: PostgresBackend<unknown>
let backend: PostgresBackend<unknown>

beforeAll(async () => {
  database = await migratedDatabase()
  admin = new Client({ connectionString: database.url })
  await admin.connect()
  await stopInsertsAtGate(admin)
  pools = ['slow', 'fast'].map(
    (name) => new Pool({ connectionString: database.url, application_name: name }),
  )
  ;[slow, backend] = pools.map((pool) => postgres(pool)) as [typeof slow, typeof backend]
})
afterAll(async () => {
  await Promise.all([slow.close(), backend.close(), admin.end()])
  await Promise.all(pools.map((pool) => pool.end()))
  await database.close()
})

let count = 0
const fresh = (): string => `counter-s${count++}`
const audited = { by: 'test', why: 'test' }

const event = (data: object, tags?: ReadonlyArray<string>) => ({
  ...tick(1),
  data: { by: 1, ...data },
  ...(tags === undefined ? {} : { tags }),
})
const append = (streamId: string, expectedVersion: number | 'any' = 'any') =>
  backend.store.append({ streamId, expectedVersion, events: [event({})], commands: [] })

/** A write that is stopped until the removal is done, or waits for it. */
const race = async <Failure, Answer, Removed>(
  write: TaskEither<Failure, Answer>,
  meanwhile: () => Promise<unknown>,
  removal: TaskEither<{ readonly message: string }, Removed>,
): Promise<E.Either<Failure, Answer>> => {
  const [written, removed] = await whileClosed(admin, async () => {
    const written = write()
    await eventually(() => isAsleep(admin, 'slow'))
    await meanwhile()
    let isRemoved = false
    const removed = right(removal).finally(() => {
      isRemoved = true
    })
    await eventually(async () => isRemoved || (await isAsleep(admin, 'fast')))
    return [written, removed] as const
  })
  await removed
  return written
}

const eventsLeft = async (streamId: string): Promise<ReadonlyArray<number>> => {
  const { rows } = await admin.query<{ version: number }>(
    'select version from reprise.events where stream_id = $1 and schema_version > 0 order by version',
    [streamId],
  )
  return rows.map(({ version }) => version)
}

interface Writer {
  readonly name: string
  readonly expectedVersion: number | 'any'
  readonly tags?: ReadonlyArray<string>
  readonly commandId?: string
}
const writers: ReadonlyArray<Writer> = [
  { name: 'at any version', expectedVersion: 'any' },
  { name: 'of a command', expectedVersion: 'any', commandId: 'c' },
  { name: 'with tags', expectedVersion: 'any', tags: ['tag:1'] },
  { name: 'at one version', expectedVersion: 1 },
]

describe.each(writers)('a writer $name that looked at a stream before', (writer) => {
  const { expectedVersion, tags, commandId } = writer
  const isExact = expectedVersion !== 'any'
  const write = (streamId: string) =>
    slow.store.append({
      streamId,
      expectedVersion,
      events: [event({ stops: 1 }, tags)],
      commands: commandId === undefined ? [] : [{ commandId, skip: 0, eventCount: 1 }],
    })

  it('brings nothing back of one that was erased', async () => {
    const streamId = fresh()
    await right(append(streamId, 0))
    const answer = await race(
      write(streamId),
      () => right(append(streamId, 1)),
      backend.operator.erase({ streamId, ...audited }),
    )
    // What it met was another append. It looks again then, and the erasure may be done by that time.
    const hasMetAppend = E.isLeft(answer) && answer.left._tag === 'VersionConflict' && isExact
    expect(answer).toMatchObject({
      left: hasMetAppend ? { actual: 2 } : { _tag: 'StreamErased', streamId },
    })
    expect(await eventsLeft(streamId)).toEqual([])
    expect(await left(backend.store.readBackwards(streamId, { limit: 9 }))).toMatchObject({
      _tag: 'StreamErased',
    })
  }, 60_000)

  it('adds nothing to one that was archived', async () => {
    const streamId = fresh()
    await right(append(streamId, 0))
    const answer = await race(
      write(streamId),
      async () => {
        await right(append(streamId, 1))
        await right(backend.operator.closeStream({ streamId, ...audited }))
      },
      backend.operator.archive({ streams: [streamId], tagged: 'refuse', ...audited }),
    )
    expect(answer).toMatchObject({ left: { _tag: 'StreamClosed', streamId } })
    expect(await eventsLeft(streamId)).toEqual([])
    const page = await right(backend.store.read(streamId, { after: 0, limit: 9 }))
    expect(page.events.map(({ version }) => version)).toEqual([1, 2])
  }, 60_000)

  it('takes no version of one that was truncated', async () => {
    const streamId = fresh()
    await right(append(streamId, 0))
    const answer = await race(
      write(streamId),
      async () => {
        await right(append(streamId, 1))
        await right(append(streamId, 2))
      },
      backend.operator.truncateStream({
        streamId,
        upTo: 3,
        summary: event({ summary: true }),
        ...audited,
      }),
    )
    expect(answer).toMatchObject(
      isExact ? { left: { _tag: 'VersionConflict', actual: 3 } } : { right: { version: 4 } },
    )
    expect(await eventsLeft(streamId)).toEqual(isExact ? [3] : [3, 4])
  }, 60_000)
})

describe('a transaction above READ COMMITTED that began before', () => {
  it.each(['repeatable read', 'serializable'] as const)(
    'appends nothing to a stream of which something was removed since: %s',
    async (isolation) => {
      const streamId = fresh()
      await right(append(streamId, 0))
      const db = database.connect(1)
      const ended = db
        .transaction()
        .setIsolationLevel(isolation)
        .execute(async (transaction) => {
          const inside = backend.store.inTransaction(transaction)
          expect(await right(inside.version(streamId))).toBe(1)
          await right(append(streamId, 1))
          await right(backend.operator.erase({ streamId, ...audited }))
          const answer = await left(
            inside.append({
              streamId,
              expectedVersion: 'any',
              events: [event({})],
              commands: [],
            }),
          )
          expect(answer).toMatchObject({ reason: 'TransactionRefused', outcome: 'nothingWritten' })
        })
      await expect(ended).rejects.toMatchObject({ code: '25P02' }) // rolled back
      expect(await eventsLeft(streamId)).toEqual([])
    },
  )
})

describe('a writer that has looked, and has not begun to insert', () => {
  it('brings nothing back either', async () => {
    const streamId = fresh()
    await right(append(streamId, 0))
    let written: ReturnType<ReturnType<typeof append>> | undefined
    const release = await stopAnnouncement(admin, async () => {
      const db = database.connect(1)
      written = db.transaction().execute((transaction) => {
        const request = { streamId, expectedVersion: 'any', commands: [] } as const
        const events = [event({}, ['tag:1'])]
        return backend.store.inTransaction(transaction).append({ ...request, events })()
      })
      await eventually(async () => (await blockedIn(admin)) > 0)
    })
    await right(append(streamId, 1))
    let isErased = false
    const erased = right(backend.operator.erase({ streamId, ...audited })).finally(() => {
      isErased = true
    })
    await eventually(async () => isErased || (await isAsleep(admin, 'fast')))
    await release()
    await erased
    expect(await written).toMatchObject({ left: { _tag: 'StreamErased' } })
    expect(await eventsLeft(streamId)).toEqual([])
  }, 60_000)
})

describe('what removes events', () => {
  it('does not wait for a transaction that has appended and does nothing now', async () => {
    const [streamId, other] = [fresh(), fresh()]
    await right(append(streamId, 0))
    await database
      .connect(1)
      .transaction()
      .execute(async (transaction) => {
        const request = { streamId: other, events: [event({})], commands: [] }
        await right(
          backend.store.inTransaction(transaction).append({ ...request, expectedVersion: 0 }),
        )
        await right(backend.operator.erase({ streamId, ...audited }))
      })
    expect(await eventsLeft(streamId)).toEqual([])
    expect(await eventsLeft(other)).toEqual([1])
  })

  it('waits for a statement of a transaction, and not for what the transaction does then', async () => {
    const [streamId, again, other] = [fresh(), fresh(), fresh()]
    for (const id of [streamId, again]) await right(append(id, 0))
    const db = database.connect(1)
    let leave = (): void => undefined
    const isLeft = new Promise<void>((resolve) => {
      leave = resolve
    })
    const [erased, ended] = await whileClosed(admin, async () => {
      const ended = db.transaction().execute(async (transaction) => {
        const request = { streamId: other, expectedVersion: 0, commands: [] }
        const inside = backend.store.inTransaction(transaction)
        await right(inside.append({ ...request, events: [event({ stops: 1 })] }))
        await isLeft
      })
      await eventually(() => isAsleep(admin, ''))
      const erased = right(backend.operator.erase({ streamId, ...audited }))
      await eventually(() => isAsleep(admin, 'fast'))
      return [erased, ended]
    })
    try {
      await erased // the other transaction is still open
      expect(await eventsLeft(streamId)).toEqual([])
    } finally {
      leave()
      await ended
    }
    expect(await eventsLeft(other)).toEqual([1])
  }, 60_000)

  it('looks again who is writing, at each removal of one transaction', async () => {
    const [first, second, other] = [fresh(), fresh(), fresh()]
    for (const id of [first, second]) await right(append(id, 0))
    const eraseWith = (client: Client, streamId: string) =>
      client.query(
        "select reprise.erase_stream($1, 'test', 'test', '{}', '{}', 'reprise.events'::regclass)",
        [streamId],
      )
    const [writer, eraser] = ['slow', 'eraser'].map(
      (name) => new Client({ connectionString: database.url, application_name: name }),
    ) as [Client, Client]
    await Promise.all([writer.connect(), eraser.connect()])
    const insert = (streamId: string, data: object, version: number) =>
      writer.query(
        `insert into reprise.events (stream_id, version, id, type, schema_version, recorded_at, data, metadata)
         values ($1, $2, gen_random_uuid(), 'Ticked', 1, now(), $3, '{}')`,
        [streamId, version, data],
      )
    await writer.query('begin')
    await insert(other, {}, 1)
    await eraser.query('begin')
    await eraseWith(eraser, first) // it has seen that the writer does nothing
    const [written, erased] = await whileClosed(admin, async () => {
      const written = insert(other, { stops: 1 }, 2)
      await eventually(() => isAsleep(admin, 'slow'))
      let isErased = false
      const erased = eraseWith(eraser, second).finally(() => {
        isErased = true
      })
      await eventually(async () => isErased || (await isAsleep(admin, 'eraser')))
      expect(isErased).toBe(false)
      return [written, erased]
    })
    await Promise.all([written, erased])
    for (const client of [eraser, writer]) {
      await client.query('commit')
      await client.end()
    }
    expect(await eventsLeft(second)).toEqual([])
  }, 60_000)

  it('gives up after five seconds, names who is in its way, and has removed nothing', async () => {
    const [streamId, other] = [fresh(), fresh()]
    await right(append(streamId, 0))
    const [written] = await whileClosed(admin, async () => {
      const written = slow.store.append({
        streamId: other,
        expectedVersion: 0,
        events: [event({ stops: 1 })],
        commands: [],
      })()
      await eventually(() => isAsleep(admin, 'slow'))
      const refused = await left(backend.operator.erase({ streamId, ...audited }))
      expect(refused).toMatchObject({
        _tag: 'StoreFailed',
        reason: 'TimedOut',
        outcome: 'nothingWritten',
        message: expect.stringMatching(
          /transactions that append have not ended within 5 seconds \(server processes \d+\)/,
        ) as unknown,
      })
      return [written] as const
    })
    expect(E.isRight(await written)).toBe(true)
    expect(await eventsLeft(streamId)).toEqual([1])
    await right(backend.operator.erase({ streamId, ...audited }))
    expect(await eventsLeft(streamId)).toEqual([])
  }, 60_000)
})
