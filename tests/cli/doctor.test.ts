import { Client, Pool } from 'pg'
import { connectPool } from '../../src/adapters/postgres/connection/pool'
import { postgres } from '../../src/adapters/postgres/backend'
import { cli } from '../support/cli'
import { right } from '../support/right'
import { appending } from '../support/tally'
import { createDatabase, type TestDatabase } from '../support/database'

let database: TestDatabase
let admin: Client
beforeAll(async () => {
  database = await createDatabase()
  admin = new Client({ connectionString: database.url })
  await admin.connect()
})
afterAll(async () => {
  await admin.end()
  await database.drop()
})

interface Check {
  readonly check: string
  readonly level: string
  readonly message: string
  readonly advice?: string
}
interface Document {
  readonly healthy: boolean
  readonly findings: ReadonlyArray<Check>
}

const at = (schema: string, url = database.url) => ['--url', url, '--schema', schema]
const examined = async (schema: string, now = () => Date.now(), url = database.url) => {
  const { exitCode, out } = await cli(['doctor', '--json', ...at(schema, url)], { now })
  const { healthy, findings } = JSON.parse(out) as Document
  const check = (name: string) => findings.find((candidate) => candidate.check === name)
  return { exitCode, healthy, findings, check }
}
/** An address whose sessions begin with these settings. */
const withSettings = (...settings: ReadonlyArray<string>): string => {
  const url = new URL(database.url)
  url.searchParams.set('options', settings.map((setting) => `-c ${setting}`).join(' '))
  return url.href
}
const migrated = async (schema: string): Promise<string> => {
  expect((await cli(['migrate', ...at(schema)])).exitCode).toBe(0)
  return schema
}

describe('reprise doctor', () => {
  it('finds nothing wrong with a database that was just migrated', async () => {
    const { exitCode, healthy, findings } = await examined(await migrated('Just "fine"'))
    expect({ exitCode, healthy }).toEqual({ exitCode: 0, healthy: true })
    expect(findings.map(({ check, level }) => [check, level])).toEqual(
      [
        ['server', 'commits', 'standbys', 'isolation', 'timeouts', 'locks', 'clock', 'prepared'],
        [
          'migrations',
          'schema',
          'access',
          'audit',
          'immutability',
          'positions',
          'lineage',
          'partitions',
          'horizon',
        ],
        ['owners', 'filters', 'parked', 'projections', 'tags', 'archives'],
      ]
        .flat()
        .map((name) => [name, 'ok']),
    )
  })

  it('prints a table of at most 80 columns, without colour codes', async () => {
    const { out } = await cli(['doctor', ...at(await migrated('table'))], { columns: 80 })
    for (const line of out.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
    // eslint-disable-next-line no-control-regex -- finding them is the point
    expect(out).not.toMatch(/\u001b/)
    expect(out).toMatch(/^ok +server +PostgreSQL/)
    expect(out).toMatch(/\nAll is well.\n$/)
  })

  it('colours the status where that is wanted', async () => {
    const { out } = await cli(['doctor', ...at(await migrated('table'))], { colour: true })
    expect(out).toContain('\u001b[32mok\u001b[39m')
  })

  it('says which command to run when nothing was migrated', async () => {
    const { exitCode, check, findings } = await examined('never')
    expect(exitCode).toBe(1)
    expect(check('migrations')).toMatchObject({
      level: 'problem',
      advice: expect.stringContaining('npx reprise migrate'),
    })
    expect(findings.map((finding) => finding.check)).not.toContain('horizon')
  })

  it('finds a migration whose text has changed, and one from a later release', async () => {
    await migrated('tampered')
    await admin.query(`insert into tampered.migrations values ('9999_later', 'ff')`)
    expect((await examined('tampered')).check('migrations')).toMatchObject({
      level: 'warning',
      message: expect.stringContaining('9999_later'),
    })
    await admin.query(`update tampered.migrations set fingerprint = 'x' where name like '0001%'`)
    const { exitCode, check } = await examined('tampered')
    expect(exitCode).toBe(1)
    expect(check('migrations')?.message).toContain('0001_reprise')
  })

  it('finds a disabled trigger', async () => {
    await migrated('changeable')
    await admin.query('alter table changeable.events disable trigger events_are_immutable')
    const { exitCode, check } = await examined('changeable')
    expect(exitCode).toBe(1)
    expect(check('immutability')).toMatchObject({
      level: 'problem',
      message: expect.stringMatching(/events_are_immutable is missing/),
      advice: expect.stringContaining('enable trigger'),
    })
  })

  it('finds a sequence that draws positions in advance', async () => {
    await migrated('hasty')
    await admin.query('alter sequence hasty.events_position_seq cache 32')
    const { exitCode, check } = await examined('hasty')
    expect(exitCode).toBe(1)
    expect(check('positions')?.message).toContain('cache 32')
    await admin.query(check('positions')?.advice?.replace('Run: ', '') ?? '')
    expect((await examined('hasty')).exitCode).toBe(0)
  })

  it('warns of commits that do not wait, and rejects another isolation', async () => {
    await migrated('careless')
    const name = new URL(database.url).pathname.slice(1)
    await admin.query(`alter database ${name} set synchronous_commit = off`)
    await admin.query(`alter database ${name} set default_transaction_isolation = 'serializable'`)
    const { exitCode, check } = await examined('careless')
    await admin.query(`alter database ${name} reset all`)
    expect(check('commits')).toMatchObject({ level: 'warning' })
    expect(check('isolation')).toMatchObject({ level: 'problem' })
    expect(exitCode).toBe(1)
  })

  it('warns of a clock that goes wrong, and stays well', async () => {
    await migrated('late')
    const { exitCode, check } = await examined('late', () => Date.now() - 90_000)
    expect(exitCode).toBe(0)
    expect(check('clock')).toMatchObject({
      level: 'warning',
      message: expect.stringMatching(/^the server is 1 min (29|30|31) s ahead of this machine$/),
    })
  })

  it('warns a user who may not append', async () => {
    await migrated('guarded')
    const role = `reader_${Date.now()}`
    await admin.query(`create role ${role} login password 'r'`)
    await admin.query(`grant usage on schema guarded to ${role}`)
    await admin.query(`grant select on all tables in schema guarded to ${role}`)
    await admin.query(`grant usage, select on all sequences in schema guarded to ${role}`)
    const url = new URL(database.url)
    url.username = role
    url.password = 'r'
    const { out } = await cli(['doctor', '--json', ...at('guarded', url.href)])
    const { findings } = JSON.parse(out) as Document
    expect(findings.filter(({ level }) => level !== 'ok').map(({ check }) => check)).toEqual([
      'access',
      'audit',
    ])
    await admin.query(`grant insert, update, delete on all tables in schema guarded to ${role};
      revoke update on guarded.checkpoints, guarded.documents from ${role}`)
    const half = await examined('guarded', undefined, url.href)
    expect(half.check('access')).toMatchObject({
      level: 'warning',
      message: `${role} may append, but not run subscriptions: no rights on checkpoints, documents`,
    })
    await admin.query(`revoke select on guarded.events from ${role}`)
    const blind = await examined('guarded', undefined, url.href)
    expect(blind.check('access')).toMatchObject({
      level: 'problem',
      message: `${role} may not read everything`,
      advice: expect.stringContaining('grant usage on schema "guarded"'),
    })
    await admin.query(`drop owned by ${role}; drop role ${role}`)
  })

  it('finds a session whose transactions are read-only, as after a failover', async () => {
    await migrated('frozen')
    const url = withSettings('default_transaction_read_only=on')
    const { exitCode, check } = await examined('frozen', undefined, url)
    expect(exitCode).toBe(1)
    expect(check('server')).toMatchObject({
      level: 'problem',
      message: expect.stringMatching(/^PostgreSQL .*: transactions are read-only$/),
      advice: expect.stringContaining('address of the new one'),
    })
  })

  it('warns of a server that gets no fixes any more', async () => {
    await migrated('aged')
    await admin.query(`create schema thirteen;
      create function thirteen.current_setting(text) returns text language sql as $$
        select case $1 when 'server_version' then '13.22' when 'server_version_num' then '130022'
          else pg_catalog.current_setting($1) end $$`)
    const url = withSettings('search_path=thirteen,pg_catalog')
    const { exitCode, check } = await examined('aged', undefined, url)
    expect(exitCode).toBe(0)
    expect(check('server')).toMatchObject({ level: 'warning', message: 'PostgreSQL 13.22' })
  })

  it('finds a server whose advisory locks are stubs', async () => {
    await migrated('stubbed')
    await admin.query(`create schema stubs;
      create function stubs.pg_advisory_xact_lock_shared(bigint) returns void
        language sql as 'select'`)
    const url = withSettings('search_path=stubs,pg_catalog')
    const { exitCode, check } = await examined('stubbed', undefined, url)
    expect(exitCode).toBe(1)
    expect(check('locks')).toMatchObject({
      level: 'problem',
      message: 'an advisory lock that was just taken is not shown in pg_locks',
    })
  })

  it('warns of timeouts of the server that end work early', async () => {
    await migrated('hurried')
    const url = withSettings(
      'statement_timeout=900ms',
      'idle_in_transaction_session_timeout=3s',
      'transaction_timeout=2s',
    )
    expect((await examined('hurried', undefined, url)).check('timeouts')).toMatchObject({
      level: 'warning',
      message:
        'the server ends work early: statement_timeout is 0.9 s, idle_in_transaction_session_timeout is 3.0 s, transaction_timeout is 2.0 s',
      advice: expect.stringContaining('statement_timeout to 5 s or more'),
    })
    const generous = withSettings('statement_timeout=5s', 'transaction_timeout=15s')
    expect((await examined('hurried', undefined, generous)).check('timeouts')?.level).toBe('ok')
  })

  it('finds a sequence that is behind the rows, and how to set it', async () => {
    await migrated("it's behind")
    const store = postgres(new Pool({ connectionString: database.url }), { schema: "it's behind" })
    await right(store.store.append(appending('counter-1', 7)))
    await admin.query(`alter sequence "it's behind".events_position_seq restart`)
    const { exitCode, check } = await examined("it's behind")
    expect(exitCode).toBe(1)
    expect(check('positions')).toMatchObject({
      level: 'problem',
      message: 'the sequence is at 0, behind the stored position 7: appends and reads are refused',
    })
    await admin.query(check('positions')?.advice?.replace('Run: ', '') ?? '')
    expect((await examined("it's behind")).exitCode).toBe(0)
    await store.db.destroy()
  })

  it('finds a schema that was renamed or copied, until it is migrated', async () => {
    await migrated('before')
    await admin.query('alter schema before rename to afterwards')
    const { exitCode, check } = await examined('afterwards')
    expect(exitCode).toBe(1)
    expect(check('schema')).toMatchObject({
      level: 'problem',
      message: 'its functions were made for the name before: the schema was renamed or copied',
      advice: 'Run: npx reprise migrate --schema afterwards',
    })
    await migrated('afterwards')
    expect((await examined('afterwards')).exitCode).toBe(0)
    await admin.query('delete from afterwards.store')
    expect((await examined('afterwards')).check('schema')).toMatchObject({
      level: 'problem',
      message: 'the table store has no row: the schema was restored in parts',
    })
  })

  it('finds checkpoints that are ahead of the store, or of another one', async () => {
    await migrated('restored')
    const { store, db } = postgres(new Pool({ connectionString: database.url }), {
      schema: 'restored',
    })
    await right(store.append(appending('counter-1', 3)))
    await admin.query(`
      insert into restored.subscriptions (name, partitions) values ('mails', 1), ('lists', 1);
      insert into restored.checkpoints (subscription, partition, position, lineage)
        select s.name, 0, 3, t.lineage::text from restored.subscriptions s, restored.store t`)
    expect((await examined('restored')).check('lineage')?.level).toBe('ok')
    await admin.query(`update restored.checkpoints set position = 5 where subscription = 'mails'`)
    const ahead = await examined('restored')
    expect(ahead.exitCode).toBe(1)
    expect(ahead.check('lineage')).toMatchObject({
      level: 'problem',
      message: 'checkpoints ahead of the store, which ends at 3: mails (5)',
      advice: expect.stringContaining('npx reprise reset mails --to <position>'),
    })
    const changed = await cli(['doctor', '--new-lineage', ...at('restored')])
    expect(changed.exitCode).toBe(2)
    expect(changed.error).toMatch(/would get another lineage.*add --yes\n$/)
    const { out } = await cli(['doctor', '--new-lineage', '--yes', '--json', ...at('restored')])
    const { rows } = await admin.query<{ lineage: string }>('select lineage from restored.store')
    expect(JSON.parse(out)).toEqual({ lineage: rows[0]?.lineage })
    // What is not ahead goes on; what is ahead stands for other events from now on.
    expect((await examined('restored')).check('lineage')).toMatchObject({
      level: 'problem',
      message: 'checkpoints of another store, or of the time before a restore: mails',
    })
    await db.destroy()
  })

  it('lets a schema keep the checkpoints of a store that is elsewhere', async () => {
    await migrated('checkpoints only')
    await admin.query(`
      insert into "checkpoints only".subscriptions (name, partitions) values ('mails', 1);
      insert into "checkpoints only".checkpoints (subscription, partition, position, lineage)
        values ('mails', 0, 5, 'of another store')`)
    expect((await examined('checkpoints only')).check('lineage')?.level).toBe('ok')
  })

  it('names the transaction that holds the horizon back', async () => {
    await migrated('held')
    const pool = new Pool({ connectionString: database.url, application_name: 'slow importer' })
    const db = connectPool<unknown>(pool)
    const store = postgres(db, { schema: 'held' }).store
    const transaction = await db.startTransaction().execute()
    await store.inTransaction(transaction).append(appending('counter-1', 3))()
    expect((await examined('held')).check('horizon')).toEqual({
      check: 'horizon',
      level: 'ok',
      message: 'at 0, the last position is 3; 1 append under way',
    })
    const { rows } = await admin.query<{ pid: number }>(
      `select pid from pg_stat_activity
       where application_name = 'slow importer' and state = 'idle in transaction'`,
    )
    const { operator } = postgres(db, {
      schema: 'held',
      operator: { thresholds: { openAppend: 0 } },
    })
    const findings = await right(operator.examine())
    expect({ right: findings.find(({ check }) => check === 'horizon') }).toMatchObject({
      right: {
        level: 'warning',
        message: expect.stringMatching(
          /^at 0, the last position is 3; held back by process \d+, slow importer, user postgres, open for \d+.\d s, idle in transaction, last statement: .*append/s,
        ),
        advice: expect.stringContaining(`pg_terminate_backend(${rows[0]!.pid})`),
      },
    })
    await transaction.rollback().execute()
    await db.destroy()
  })

  it('warns of a subscription that has had no owner for a while, and of one that is far behind', async () => {
    await migrated('lonely')
    await admin.query(`
      insert into lonely.subscriptions (name, partitions, created_at)
        values ('mails', 1, now() - interval '1 hour'), ('totals@1.1', 1, now());
      insert into lonely.checkpoints (subscription, partition, position)
        values ('mails', 0, 0), ('totals@1.1', 0, 0);
      insert into lonely.projections (name, version, build, collection)
        values ('totals', 1, 1, 'totals@1.1')`)
    const first = await examined('lonely')
    expect(first.check('owners')).toMatchObject({
      level: 'warning',
      message: 'without an owner: mails (never had one, 60 min old)',
    })
    expect(first.check('projections')).toMatchObject({ level: 'ok' })
    await admin.query(`
      alter table lonely.events disable trigger all;
      insert into lonely.events (stream_id, version, id, type, schema_version, recorded_at, data, metadata)
        values ('counter-1', 1, gen_random_uuid(), 'Ticked', 1, now() - interval '2 hours', '{}', '{}')`)
    expect((await examined('lonely')).check('projections')).toMatchObject({
      level: 'warning',
      message: 'behind: totals@1.1 by 2 h, 1 event',
    })
  })

  it('warns of parked events, and finds what was stopped', async () => {
    await migrated('poisoned')
    await admin.query(`
      insert into poisoned.subscriptions (name, partitions) values ('mails', 1);
      insert into poisoned.checkpoints (subscription, partition, position) values ('mails', 0, 0);
      insert into poisoned.held_streams
          (subscription, partition, stream_id, version, position, event_id, type, attempts, failure)
        values ('mails', 0, 'counter-1', 1, 1, gen_random_uuid(), 'Ticked', 5, '{"message":"closed"}')`)
    const parked = await examined('poisoned')
    expect(parked.check('parked')).toMatchObject({
      level: 'warning',
      message: 'could not be handled, and waits for a decision: mails (1)',
    })
    expect(parked.exitCode).toBe(0)
    await admin.query(`update poisoned.checkpoints set failure = '{"message":"closed"}'`)
    const stopped = await examined('poisoned')
    expect(stopped.check('owners')).toMatchObject({
      level: 'problem',
      message: 'stopped by an event: mails',
    })
    expect(stopped.exitCode).toBe(1)
  })
})
