import { randomUUID } from 'node:crypto'
import * as E from 'fp-ts/Either'
import { CompiledQuery } from 'kysely'
import { Client } from 'pg'
import { postgres } from '../../../../src/adapters/postgres/backend'
import type { AppendRequest } from '../../../../src/core/append'
import { eventually } from '../../../support/eventually'
import { type MigratedDatabase, migratedDatabase } from '../../../support/postgres'
import { right } from '../../../support/right'
import { appending } from '../../../support/tally'

let database: MigratedDatabase<unknown>
let admin: Client
beforeAll(async () => {
  database = await migratedDatabase()
  admin = new Client({ connectionString: database.url })
  await admin.connect()
  await admin.query(`
    create function wait_for_gate() returns trigger language plpgsql set lock_timeout = 0 as $$
    begin
      if new.stream_id like 'gate-slow%' then perform pg_advisory_xact_lock_shared(42); end if;
      return new;
    end $$;
    create trigger gate before insert on reprise.events for each row execute function wait_for_gate()`)
})
afterAll(async () => {
  await admin.end()
  await database.close()
})

const marked = (request: AppendRequest): AppendRequest => ({
  ...request,
  commands: [{ commandId: 'once', skip: 0, eventCount: request.events.length }],
})

const shapes: ReadonlyArray<readonly [string, ReadonlyArray<AppendRequest>]> = [
  ['one event', [appending('gate-slow1')]],
  ['one event and its command', [marked(appending('gate-slow2'))]],
  ['many events', [appending('gate-slow3', 3)]],
  ['many events and their command', [marked(appending('gate-slow4', 3))]],
  [
    'no event but a command, with others',
    [appending('gate-first'), marked(appending('gate-x', 0)), appending('gate-slow5')],
  ],
  [
    'a group of single events',
    [appending('gate-first'), appending('gate-slow6'), appending('gate-y')],
  ],
  [
    'a group of many events',
    [appending('gate-first'), appending('gate-slow7', 3), appending('gate-z', 2)],
  ],
]

const expectations = ['mustNotExist', 'any'] as const

const cases = shapes.flatMap(([name, requests]) =>
  expectations.map((expectedVersion) => {
    const expecting = (request: AppendRequest): AppendRequest => ({
      ...request,
      streamId: `${request.streamId} ${name} ${expectedVersion}`,
      expectedVersion,
    })
    return [`${name} (${expectedVersion})`, requests.map(expecting)] as const
  }),
)

it.each(cases)(
  'an append that is under way holds the horizon below the positions it has drawn: %s',
  async (name, requests) => {
    const slow = postgres(database.connect(1)).store
    const quick = postgres(database.connect(2)).store
    const { upTo } = await right(quick.readAll({ after: 0, limit: 1_000 }))
    await admin.query('select pg_advisory_lock(42)')
    const held = requests.map((request) => slow.append(request)())
    await eventually(async () => {
      const { rows } = await admin.query('select from pg_locks where objid = 42 and not granted')
      return rows.length === 1
    })
    await right(quick.append(appending(`quick-${name}`)))
    const before = await right(quick.readAll({ after: upTo, limit: 10 }))
    await admin.query('select pg_advisory_unlock(42)')
    expect((await Promise.all(held)).every(E.isRight)).toBe(true)
    const after = await right(quick.readAll({ after: before.upTo, limit: 10 }))
    const isHeld = ({ streamId }: { readonly streamId: string }) => streamId.startsWith('gate-slow')
    expect(before.events.filter(isHeld)).toEqual([])
    expect(before.events.map(({ streamId }) => streamId)).not.toContain(`quick-${name}`)
    expect(after.events.filter(isHeld)).not.toEqual([])
    expect(after.events.map(({ streamId }) => streamId)).toContain(`quick-${name}`)
  },
)

it('an append by a role that may not read the sequence fails: it could not announce its lower bound', async () => {
  const role = `unprivileged_${randomUUID().replaceAll('-', '')}`
  await right(postgres(database.connect(1)).store.append(appending('allowed-1')))
  await admin.query(`
    create role ${role};
    grant usage on schema reprise to ${role};
    grant select, insert on all tables in schema reprise to ${role}`)
  const db = database.connect(1)
  await db.executeQuery(CompiledQuery.raw(`set role ${role}`))
  const request: AppendRequest = { ...appending('denied-1'), expectedVersion: 'mustNotExist' }
  const denied = await postgres(db).store.append(request)()
  await db.executeQuery(CompiledQuery.raw('reset role'))
  await admin.query(`drop owned by ${role}; drop role ${role}`)
  expect(denied).toMatchObject(E.left({ _tag: 'StoreFailed', reason: 'AccessDenied' }))
})
