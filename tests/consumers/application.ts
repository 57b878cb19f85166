/**
 * An application, as its author writes it: compiled and run by `scripts/check-consumers.mjs` as an ES module, as
 * CommonJS and in a bundle, against the packed package and each Kysely that we support.
 */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { PGlite } from '@electric-sql/pglite'
import fc from 'fast-check'
import { either as E, taskEither as TE } from 'fp-ts'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { type Kysely, sql, type Transaction } from 'kysely'
import { Pool } from 'pg'
import {
  accept,
  type Category,
  type CommandOf,
  commands,
  type Decider,
  type EventOf,
  events,
  inlineDocuments,
  inlineProjection,
  openCategory,
  type Projection,
  projectionReader,
  promised,
  reject,
} from 'reprise'
import { optional, stateCodec, WholeNumber } from 'reprise/codec'
import { type EventStore, storeFailed } from 'reprise/adapter'
import { many } from 'reprise/algebra'
import { commandEndpoint, nodeListener, problem } from 'reprise/http'
import { memory } from 'reprise/memory'
import { connectPglite, connectPool, postgres, type PostgresBackend } from 'reprise/postgres'
import { checkDecider, specification } from 'reprise/testing'
import { z } from 'zod'

const fillCommands = commands({ Fill: { litres: WholeNumber } })
const fillings = events({ Filled: { litres: t.number, note: optional(z.string()) } })
type Fill = CommandOf<typeof fillCommands>
type Filled = EventOf<typeof fillings>

const jug: Decider<Fill, number, Filled, 'TooMuch'> = {
  initialState: 0,
  decide: ({ litres }, full) =>
    full + litres > 50 ? reject('TooMuch') : accept({ type: 'Filled', litres }),
  evolve: (full, { litres }) => full + litres,
}
const jugs: Category<Fill, number, Filled, 'TooMuch'> = {
  name: 'jug',
  decider: jug,
  commands: fillCommands,
  events: fillings,
}

const levels: Projection<number, Filled> = {
  name: 'levels',
  version: 1,
  events: fillings,
  key: ({ streamId }) => streamId,
  view: jug,
  state: stateCodec(1, t.number),
}

interface Database {
  readonly poured: { readonly id: string; readonly litres: number }
}

// The transaction is the application's own Kysely, with the application's tables.
const poured = inlineProjection<Filled, Transaction<Database>>({
  name: 'poured',
  events: fillings,
  project: ({ id, event }, transaction) =>
    TE.tryCatch(
      async () => {
        await transaction.insertInto('poured').values({ id, litres: event.litres }).execute()
      },
      (cause) => cause,
    ),
})

const fill = (litres: number): Fill => ({ type: 'Fill', litres })

void test('stores, projects, reads and joins a transaction on PGlite', async () => {
  const pglite = new PGlite()
  const backend: PostgresBackend<Database> = postgres<Database>(pglite, {
    inline: [inlineDocuments(levels), poured],
  })
  assert.ok(E.isRight(await backend.migrate()))
  const db: Kysely<Database> = backend.db
  await sql`create table poured (id text, litres integer)`.execute(db)

  const open = openCategory(jugs, backend)
  const filled = await open.handleCommand('A', fill(20))()
  assert.ok(E.isRight(filled), JSON.stringify(filled))
  const level = await projectionReader(levels)(backend).get('jug-A')()
  assert.deepEqual(level, E.right(20))
  const rows = await db.selectFrom('poured').select('litres').execute()
  assert.deepEqual(rows, [{ litres: 20 }])

  // In the application's own transaction.
  const own = connectPglite<Database>(pglite)
  const { store } = postgres(own)
  const events = [
    { id: randomUUID(), type: 'Filled', schemaVersion: 1, data: { litres: 1 }, metadata: {} },
  ] as const
  await own.transaction().execute(async (transaction) => {
    await transaction.insertInto('poured').values({ id: '1', litres: 1 }).execute()
    const appended = await store
      .inTransaction(transaction)
      .append({ streamId: 'jug-1', expectedVersion: 'mustNotExist', events, commands: [] })()
    assert.ok(E.isRight(appended))
  })
  await backend.close()
  await pglite.close()
})

void test('takes a pool, which it does not connect before it is used', async () => {
  const pool = new Pool({ host: '127.0.0.1', port: 1 })
  const db = connectPool<Database>(pool)
  const backend = postgres(db, { wakeUps: 'poll' })
  const store: EventStore = backend.store
  assert.equal(typeof store.append, 'function')
  await backend.close()
  await db.destroy()
})

void test('is called by promises, with what comes from outside', async () => {
  const desk = promised(openCategory(jugs, memory()))
  const body: unknown = JSON.parse('{ "type": "Fill", "litres": 20 }')
  const filled = await desk.handle('A', body)
  assert.ok(filled.ok)
  assert.equal(filled.state, 20)
  const refused = await desk.handleCommand('A', fill(31))
  assert.ok(!refused.ok && refused.error._tag === 'Rejected')
  const invalid = await desk.handle('A', { type: 'Fill', litres: 'many' })
  assert.ok(!invalid.ok && invalid.error._tag === 'InvalidCommand')
})

void test('decides in memory, is checked, and composes', async () => {
  const { given } = specification(jug)
  given({ type: 'Filled', litres: 45 }).when(fill(6)).thenRejects('TooMuch')
  const commands = fc.record({ type: fc.constant('Fill' as const), litres: fc.nat(20) })
  const { results } = checkDecider({ decider: jug, commands, runs: 20 })
  assert.ok(results.length > 0)
  const perName = pipe(jug, many)
  assert.deepEqual(Object.keys(perName.initialState), [])
  const refused = await openCategory(jugs, memory()).handleCommand('A', fill(51))()
  assert.ok(E.isLeft(refused) && refused.left._tag === 'Rejected')
  assert.equal(problem(refused.left).status, 422)
  const fillJug = commandEndpoint(openCategory(jugs, memory()), {
    rejected: () => ({ status: 409 }),
  })
  const asked = { method: 'POST', headers: { 'content-type': 'application/json' } }
  const request = new Request('http://localhost', { ...asked, body: JSON.stringify(fill(51)) })
  assert.equal((await fillJug(request, 'A')).status, 409)
  assert.equal(typeof nodeListener((incoming) => fillJug(incoming, 'A')), 'function')
  assert.equal(storeFailed('ConnectionLost', 'unknown', new Error('gone'))._tag, 'StoreFailed')
})
