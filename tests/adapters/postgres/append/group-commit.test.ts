import * as E from 'fp-ts/Either'
import { Client } from 'pg'
import { postgres } from '../../../../src/adapters/postgres/backend'
import type { AppendRequest } from '../../../../src/core/append'
import type { AppendTogetherRequest } from '../../../../src/core/append-together'
import type { NewEvent } from '../../../../src/core/recorded-event'
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

  it('each has as many events and commands as it has, from the version of its own stream on', async () => {
    const mixed = (n: number): AppendRequest => ({
      ...appending(`mixed-${n}`, 1 + (n % 3)),
      commands: Array.from({ length: n % 4 }, (_, skip) => ({
        commandId: `c${n}-${skip}`,
        skip: Math.min(skip, n % 3),
        eventCount: 1 + (n % 3) - Math.min(skip, n % 3),
      })),
    })
    const before = postgres(database.connect(1)).store
    // The first has most: what took its version for that of another would leave a gap, which no key refuses.
    for (let n = 0; n < 10; n++) await right(before.append(appending(`mixed-${n}`, 10 - n)))
    const { answers } = await together('mixed', (n) =>
      n % 7 === 3 ? { ...mixed(n), expectedVersion: 99 } : mixed(n),
    )
    const expected = Array.from({ length: GROUP }, (_, n) => {
      const after = Math.max(10 - n, 0)
      return n % 7 === 3
        ? { after, conflict: true, commands: [] }
        : { after, conflict: false, commands: mixed(n).commands }
    })
    expect(answers.map((answer) => answer._tag)).toEqual(
      expected.map(({ conflict }) => (conflict ? 'Left' : 'Right')),
    )
    expect(answers.flatMap((answer) => (E.isRight(answer) ? answer.right.version : []))).toEqual(
      expected.flatMap(({ after, conflict }, n) => (conflict ? [] : after + 1 + (n % 3))),
    )
    const { rows } = await admin.query(
      `select stream_id, command_id, after, event_count from reprise.commands where stream_id like 'mixed-%'
         order by command_id`,
    )
    expect(rows).toEqual(
      expected
        .flatMap(({ after, commands }, n) =>
          commands.map(({ commandId, skip, eventCount }) => ({
            stream_id: `mixed-${n}`,
            command_id: commandId,
            after: after + skip,
            event_count: eventCount,
          })),
        )
        .toSorted((left, right) => (left.command_id < right.command_id ? -1 : 1)),
    )
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

/** Units that arrive while the statement of the one before them stands at the gate. */
const unitsTogether = async (
  prefix: string,
  unitAt: (n: number) => Omit<AppendTogetherRequest, 'streams'> & {
    readonly events: ReadonlyArray<NewEvent>
  },
  store = postgres(database.connect(4)).store,
) => {
  await admin.query('select pg_advisory_lock(51)')
  const first = store.appendTogether({ streams: [other(`${prefix}-first`, 'Slow')] })()
  await waitingAtGate()
  const fifty = Array.from({ length: GROUP }, (_, n) => {
    const { events, ...unit } = unitAt(n)
    return store.appendTogether({
      streams: [{ ...appending(`${prefix}-${n}`), events }, appending(`${prefix}-other-${n}`)],
      ...unit,
    })()
  })
  await admin.query('select pg_advisory_unlock(51)')
  await first
  return Promise.all(fifty)
}

/** In how many transactions the events of some streams were stored. */
const transactionsOf = async (prefix: string): Promise<number> => {
  const { rows } = await admin.query<{ n: number }>(
    `select count(distinct xmin::text)::integer as n from reprise.events where stream_id like $1`,
    [`${prefix}-%`],
  )
  return rows[0]?.n ?? 0
}

const tagged = (tag: string, type = 'Added'): ReadonlyArray<NewEvent> => [
  { ...newEvent(type), tags: [tag] },
]
const seenNothing = (tag: string) => ({
  condition: { query: [{ tags: [tag] }] as const, sight: { after: 0, count: 0 } },
})

describe('fifty appends to several streams, with tags and conditions', () => {
  it('share a statement if none asks for what another one adds', async () => {
    const answers = await unitsTogether('apart', (n) => ({
      events: tagged(`apart:${n}`),
      ...seenNothing(`apart:${n}`),
    }))
    expect(answers.every(E.isRight)).toBe(true)
    expect(await transactionsOf('apart')).toBeLessThanOrEqual(4)
  })

  it('share a statement also if all of them add the same tag, and none asks for it', async () => {
    const answers = await unitsTogether('beside', () => ({ events: tagged('beside') }))
    expect(answers.every(E.isRight)).toBe(true)
    expect(await transactionsOf('beside')).toBeLessThanOrEqual(4)
  })

  it('share none with the one that asks for their tag, which is before or after all of them', async () => {
    const answers = await unitsTogether('asked', (n) => ({
      events: tagged('asked'),
      ...(n === 20 ? seenNothing('asked') : {}),
    }))
    expect(answers.filter(E.isRight)).toHaveLength(GROUP - 1)
    expect(answers[20]).toMatchObject({ left: { _tag: 'BoundaryConflict' } })
  })

  it('fail each for itself: a condition, a version, what the server rejects', async () => {
    await right(
      postgres(database.connect(1)).store.append({
        ...appending('known-1'),
        events: tagged('known'),
      }),
    )
    const answers = await unitsTogether('odd', (n) => ({
      events: tagged(`odd:${n}`, n === 9 ? 'Refused' : 'Added'),
      ...seenNothing(n === 17 ? 'known' : `odd:${n}`),
    }))
    expect(answers[9]).toMatchObject({ left: { _tag: 'StoreFailed', outcome: 'nothingWritten' } })
    expect(answers[17]).toMatchObject({ left: { _tag: 'BoundaryConflict' } })
    expect(answers.filter(E.isRight)).toHaveLength(GROUP - 2)
    const stored = await versionsOf('odd')
    for (const n of [9, 17]) {
      expect([stored.has(`odd-${n}`), stored.has(`odd-other-${n}`)]).toEqual([false, false])
    }
    const { events } = await right(
      postgres(database.connect(1)).store.readMatching(
        [{ tags: ['odd:16'] }, { tags: ['odd:17'] }, { tags: ['odd:18'] }, { tags: ['odd:9'] }],
        { limit: 10 },
      ),
    )
    expect(events.map(({ streamId }) => streamId).toSorted()).toEqual(['odd-16', 'odd-18'])
  })

  it('do not wait for those whose tags another transaction has locked', async () => {
    const db = database.connect(8)
    const { store } = postgres(db)
    const held = Array.from({ length: 6 }, (_, n) => `held:${n}`) // more than there are statements at a time
    const transaction = await db.startTransaction().execute()
    for (const tag of held) {
      const append = { ...appending(`held-${tag.slice(5)}`), events: tagged(tag) }
      await right(store.inTransaction(transaction).append(append))
    }
    const waiting = [...held, ...held].map((tag, n) =>
      store.appendTogether({
        streams: [{ ...appending(`waits-${n}`), events: tagged(tag) }],
        ...seenNothing(tag),
      })(),
    )
    const answers = await unitsTogether(
      'meanwhile',
      (n) => ({ events: tagged(`meanwhile:${n}`), ...seenNothing(`meanwhile:${n}`) }),
      store,
    )
    expect(answers.every(E.isRight)).toBe(true)
    await transaction.commit().execute()
    for (const lost of await Promise.all(waiting)) {
      expect(lost).toMatchObject({ left: { _tag: 'BoundaryConflict' } })
    }
  })
})
