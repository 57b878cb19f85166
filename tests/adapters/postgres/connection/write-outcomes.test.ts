import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { CompiledQuery, type Kysely, type Transaction } from 'kysely'
import { Client, Pool } from 'pg'
import { connectPool } from '../../../../src/adapters/postgres/connection/pool'
import type { StoreFailed } from '../../../../src/core/errors/store'
import type { InlineProjection } from '../../../../src/core/ports/inline-projection'
import { postgres } from 'reprise/postgres'
import { type MigratedDatabase, migratedDatabase } from '../../../support/postgres'
import { left, right } from '../../../support/right'
import { appending } from '../../../support/tally'
import { until } from '../../../support/until'

type Db = Kysely<unknown>
type Write = (db: Db) => TE.TaskEither<{ readonly _tag: string }, unknown>

let database: MigratedDatabase<unknown>
let admin: Client
let blocker: Client
beforeAll(async () => {
  database = await migratedDatabase()
  admin = new Client({ connectionString: database.url })
  blocker = new Client({ connectionString: database.url })
  await Promise.all([admin.connect(), blocker.connect()])
  const db = database.connect()
  await right(postgres(db).subscriptions.register({ name: 'mails', partitions: 1, position: 0 }))
  // A COMMIT that writes to one of these tables waits until the blocker lets go.
  await admin.query(`
    create table noted (at integer);
    create schema slow;
    create table slow.migrations
      (name text not null primary key, fingerprint text not null, applied_at timestamptz default now());
    create function wait() returns trigger language plpgsql as
      'begin perform pg_advisory_xact_lock(4242); return null; end';
    create constraint trigger wait after insert on noted
      deferrable initially deferred for each row execute function wait();
    create constraint trigger wait after insert on slow.migrations
      deferrable initially deferred for each row execute function wait()`)
})
afterAll(async () => {
  await Promise.all([admin.end(), blocker.end()])
  await database.close()
})
afterEach(() => blocker.query('rollback'))

const TABLES = 'events, commands, snapshots, subscriptions, checkpoints, held_streams, instances'
const MORE_TABLES = 'documents, projections, outbox'

/** Every statement that writes to one of our tables waits. */
const blockStatements = async (): Promise<void> => {
  const tables = `${TABLES}, ${MORE_TABLES}`.split(', ').map((name) => `reprise.${name}`)
  await blocker.query(`begin; lock table ${tables.join(', ')} in access exclusive mode`)
}

/** Every COMMIT waits. */
const blockCommit = () => blocker.query('begin; select pg_advisory_xact_lock(4242)')

const lease = { subscription: 'mails', partition: 0, token: 1 }
const failure = { message: 'no' }
const build = { version: 1, build: 1, collection: 'mails@1.1' }
const snapshot = { streamId: 'counter-1', schemaVersion: 1, version: 1, state: {} }
const step = { lease, after: 0, position: 1 }

const subscriptions = (db: Db) => postgres(db).subscriptions
const projections = (db: Db) => postgres(db).documents
const operator = (db: Db) => postgres(db).operator

/** Every method of a port that writes with one statement. */
const statements: ReadonlyArray<readonly [string, Write]> = [
  ['append', (db) => postgres(db).store.append(appending('counter-1'))],
  ['saveSnapshot', (db) => postgres(db).store.saveSnapshot(snapshot)],
  ['register', (db) => subscriptions(db).register({ name: 'others', partitions: 1, position: 0 })],
  ['claim', (db) => subscriptions(db).claim('mails', 'me', 1_000)],
  ['release', (db) => subscriptions(db).release(lease)],
  ['leave', (db) => subscriptions(db).leave('mails', 'me')],
  ['save', (db) => subscriptions(db).save(step)],
  ['stop', (db) => subscriptions(db).stop(lease, failure)],
  ['remove', (db) => subscriptions(db).remove('nothing')],
  ['decide on a held event', (db) => operator(db).decide('mails', 'skip', [1])],
  ['resume', (db) => operator(db).resume('mails')],
  ['skip a stopped event', (db) => operator(db).skipStopped('mails', 1)],
  ['pause', (db) => operator(db).pause('mails')],
  ['unpause', (db) => operator(db).unpause('mails')],
  ['reset', (db) => operator(db).reset('mails', 0, 'fenceOff')],
  ['remove, as an operator', (db) => operator(db).remove('nothing', 'refuse')],
  ['rename', (db) => operator(db).rename('nothing', 'something', 'refuse')],
  ['put', (db) => projections(db).put('mails', 'a', {})],
  ['delete', (db) => projections(db).delete('mails', 'a')],
  ['write', (db) => projections(db).write('mails', [{ key: 'a', value: {} }])],
  ['putIfNewer', (db) => projections(db).putIfNewer('mails', 'a', {}, 1)],
  ['activate', (db) => projections(db).activate('mails', build)],
  ['clear', (db) => projections(db).clear('mails', 1)],
  ['retry a command', (db) => operator(db).decideCommands('mailer', 'retry', ['a'])],
  ['skip a command', (db) => operator(db).decideCommands('mailer', 'skip', ['a'])],
]

const note = (transaction: Transaction<unknown>) =>
  transaction.executeQuery(CompiledQuery.raw('insert into noted values (1)'))

const noted = (transaction: Transaction<unknown>): TE.TaskEither<StoreFailed, void> =>
  pipe(
    TE.fromTask(() => note(transaction)),
    TE.map(() => undefined),
  )

const noting: InlineProjection<Transaction<unknown>> = {
  name: 'noting',
  project: (_events, transaction) => noted(transaction),
}

/** Every method of a port that writes in a transaction, and so may lose the answer of its COMMIT. */
const transactions: ReadonlyArray<readonly [string, Write]> = [
  [
    'append with an inline projection',
    (db) => postgres(db, { inline: [noting] }).store.append(appending('counter-2')),
  ],
  [
    'commit',
    (db) =>
      pipe(
        subscriptions(db).claim('mails', 'me', 60_000),
        TE.flatMap(({ leases: [held] }) => {
          if (held === undefined) throw new Error('the partition is free')
          const { position, ...own } = held
          const progress = { lease: own, after: position, position: position + 1 }
          return subscriptions(db).commit(progress, (transaction) =>
            pipe(
              noted(transaction),
              TE.map(() => progress),
            ),
          )
        }),
      ),
  ],
  ['migrate', (db) => postgres(db, { schema: 'slow' }).migrate],
]

/** Cuts the connection whose statement waits for the blocker. */
const cut = async (): Promise<void> => {
  const pid = await until(async () => {
    const { rows } = await admin.query<{ pid: number }>(
      `select pid from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`,
    )
    return rows[0]?.pid
  })
  await admin.query('select pg_terminate_backend($1)', [pid])
  // Until it is gone: the next test must not find it waiting.
  await until(async () => {
    const { rows } = await admin.query('select from pg_stat_activity where pid = $1', [pid])
    return rows.length === 0 ? true : undefined
  })
}

const cutOff = { _tag: 'StoreFailed', reason: 'ConnectionLost', outcome: 'unknown' }
const givenUp = { _tag: 'StoreFailed', reason: 'TimedOut', outcome: 'unknown' }

describe('a write whose answer is lost does not claim that nothing was written', () => {
  it.each(statements)('%s, when the connection is cut', async (_name, write) => {
    await blockStatements()
    const answer = left(write(database.connect(1)))
    await cut()
    expect(await answer).toMatchObject(cutOff)
  })

  it.each(statements)('%s, when the driver stops waiting', async (_name, write) => {
    await blockStatements()
    const db = connectPool<unknown>(
      new Pool({ connectionString: database.url, max: 1, query_timeout: 400 }),
    )
    const error = await left(write(db))
    await cut() // the server still runs it
    await db.destroy()
    expect(error).toMatchObject(givenUp)
  })

  it.each(transactions)('%s, when the connection is cut at COMMIT', async (_name, write) => {
    await blockCommit()
    const db = database.connect(1)
    const answer = left(write(db))
    await cut()
    expect(await answer).toMatchObject(cutOff)
    // It has given its connection back: the only one of this pool.
    await blocker.query('rollback')
    await right(postgres(db).operator.status())
  })
})

describe('a write whose transaction was never committed', () => {
  it('has written nothing when the connection is cut before COMMIT', async () => {
    const db = database.connect(1)
    const transaction = await db.startTransaction().execute()
    await blockStatements()
    const answer = left(postgres(db).documents.inTransaction(transaction).put('mails', 'a', {}))
    await cut()
    expect(await answer).toMatchObject({ ...cutOff, outcome: 'nothingWritten' })
    await expect(transaction.rollback().execute()).rejects.toThrow()
  })

  it('has written nothing when the checkpoint of its commit cannot be saved', async () => {
    const db = database.connect(1)
    await blockStatements()
    const answer = left(postgres(db).subscriptions.commit(step, () => TE.right(step)))
    await cut()
    expect(await answer).toMatchObject({ ...cutOff, outcome: 'nothingWritten' })
  })
})
