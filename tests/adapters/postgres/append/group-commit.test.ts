import * as E from 'fp-ts/Either'
import { Client } from 'pg'
import { postgres } from '../../../../src/adapters/postgres/backend'
import type { AppendRequest } from '../../../../src/core/append'
import { eventually } from '../../../support/eventually'
import { type MigratedDatabase, migratedDatabase } from '../../../support/postgres'
import { right } from '../../../support/right'
import { appending, newEvent } from '../../../support/tally'

let database: MigratedDatabase<unknown>
let admin: Client
beforeAll(async () => {
  database = await migratedDatabase()
  admin = new Client({ connectionString: database.url })
  await admin.connect()
  await admin.query(`
    create function judge() returns trigger language plpgsql set lock_timeout = 0 as $$
    begin
      if new.type = 'Refused' then raise exception 'this server does not like it'; end if;
      if new.type = 'Slow' then perform pg_advisory_xact_lock_shared(51); end if;
      return new;
    end $$;
    create trigger judge before insert on reprise.events for each row execute function judge()`)
})
afterAll(async () => {
  await admin.end()
  await database.close()
})

const GROUP = 50
const other = (streamId: string, type: string): AppendRequest => ({
  ...appending(streamId),
  events: [newEvent(type)],
})

/** Waits until a statement stands at the gate that {@link admin} has closed. */
const waitingAtGate = () =>
  eventually(async () => {
    const { rows } = await admin.query<{ pid: number }>(
      'select pid from pg_locks where objid = 51 and not granted',
    )
    return rows[0]?.pid
  })

const versionsOf = async (prefix: string): Promise<ReadonlyMap<string, number>> => {
  const { rows } = await admin.query<{ stream_id: string; version: number }>(
    `select stream_id, max(version) as version from reprise.events
     where stream_id like $1 group by stream_id`,
    [`${prefix}%`],
  )
  return new Map(rows.map(({ stream_id, version }) => [stream_id, version]))
}

/** Fifty appends that share a statement: the one before them keeps the way closed while they gather. */
const together = async (
  prefix: string,
  odd: (n: number) => AppendRequest | undefined,
  meanwhile: () => Promise<void> = () => Promise.resolve(),
) => {
  const store = postgres(database.connect(2)).store
  await admin.query('select pg_advisory_lock(51)')
  const first = store.append(other(`${prefix}-first`, 'Slow'))()
  await waitingAtGate()
  const fifty = Array.from({ length: GROUP }, (_, n) =>
    store.append(odd(n) ?? { ...appending(`${prefix}-${n}`), expectedVersion: 'mustNotExist' })(),
  )
  await meanwhile()
  await admin.query('select pg_advisory_unlock(51)')
  return { store, first: await first, answers: await Promise.all(fifty) }
}

describe('fifty appends in one statement', () => {
  it('one that the server rejects fails alone: the others are stored', async () => {
    const { answers } = await together('refused', (n) =>
      n === 17 ? other('refused-17', 'Refused') : undefined,
    )
    expect(answers[17]).toMatchObject({
      left: { _tag: 'StoreFailed', outcome: 'nothingWritten', reason: 'Unexpected' },
    })
    expect(answers.filter(E.isRight)).toHaveLength(GROUP - 1)
    const stored = await versionsOf('refused')
    expect(stored.has('refused-17')).toBe(false)
    expect(stored.size).toBe(GROUP) // with the first
  })

  it('one that conflicts fails alone, and with the version that is there', async () => {
    const { answers } = await together('conflict', (n) =>
      n === 23 ? { ...appending('conflict-first'), expectedVersion: 0 } : undefined,
    )
    expect(answers[23]).toMatchObject({ left: { _tag: 'VersionConflict', actual: 1 } })
    expect(answers.filter(E.isRight)).toHaveLength(GROUP - 1)
  })

  it('one whose command was handled before fails with that, and the others are stored', async () => {
    const command = { commandId: 'c1', skip: 0, eventCount: 1 }
    const marked = { ...appending('handled-5'), commands: [command] }
    await right(postgres(database.connect(1)).store.append(marked))
    const { answers } = await together('handled', (n) => (n === 5 ? marked : undefined))
    expect(answers[5]).toMatchObject({ left: { _tag: 'CommandAlreadyHandled', after: 0 } })
    expect(answers.filter(E.isRight)).toHaveLength(GROUP - 1)
  })

  it('one that loses a race while it is stored conflicts, and the others are stored', async () => {
    const rival = new Client({ connectionString: database.url })
    await rival.connect()
    const insert = `insert into reprise.events
      (stream_id, version, id, type, schema_version, recorded_at, data, metadata)
      values ('race-31', 1, gen_random_uuid(), 'Added', 1, now(), '{"by":1}', '{}')`
    await rival.query('begin')
    await rival.query(insert) // not committed: nobody can see it, and whoever inserts it must wait
    const waits = eventually(async () => {
      const { rows } = await admin.query(
        `select from pg_locks where locktype = 'transactionid' and not granted`,
      )
      return rows.length > 0
    })
    const gathering = together('race', (n) =>
      n === 31 ? { ...appending('race-31'), expectedVersion: 0 } : undefined,
    )
    await waits
    await rival.query('commit')
    const { answers } = await gathering
    await rival.end()
    expect(answers[31]).toMatchObject({ left: { _tag: 'VersionConflict', actual: 1 } })
    expect(answers.filter(E.isRight)).toHaveLength(GROUP - 1)
    expect([...(await versionsOf('race')).values()].every((version) => version === 1)).toBe(true)
  })

  it('all fail with an unknown outcome when the connection is lost, and none is half-written', async () => {
    const store = postgres(database.connect(2)).store
    await admin.query('select pg_advisory_lock(51)')
    const slow = Array.from({ length: GROUP }, (_, n) => store.append(other(`lost-${n}`, 'Slow'))())
    let answered = 0
    for (const one of slow) void one.then(() => (answered += 1))
    await eventually(async () => {
      await admin.query(
        `select pg_terminate_backend(pid) from pg_locks where objid = 51 and not granted`,
      )
      return answered === GROUP
    })
    await admin.query('select pg_advisory_unlock(51)')
    const answers = await Promise.all(slow)
    expect(answers).toHaveLength(GROUP)
    for (const answer of answers) {
      expect(answer).toMatchObject({
        left: { _tag: 'StoreFailed', reason: 'ConnectionLost', outcome: 'unknown' },
      })
    }
    expect((await versionsOf('lost')).size).toBe(0)
    await right(store.append(appending('lost-afterwards')))
  })
})
