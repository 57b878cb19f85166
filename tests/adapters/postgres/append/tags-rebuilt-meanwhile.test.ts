import { randomUUID } from 'node:crypto'
import { Client, Pool } from 'pg'
import { postgres, type PostgresBackend } from 'reprise/postgres'
import type { BoundaryQuery } from '../../../../src/core/boundary-query'
import { eventually } from '../../../support/eventually'
import { isAsleep, WAIT_AT_GATE, whileClosed } from '../../../support/gate'
import { type MigratedDatabase, migratedDatabase } from '../../../support/postgres'
import { left, right } from '../../../support/right'
import { newEvent } from '../../../support/tally'

// A rebuild of tags that ends while a statement looks for the events with a tag: what it has found may lack some.

let database: MigratedDatabase<unknown>
let admin: Client
let pool: Pool
let backend: PostgresBackend<unknown>

beforeAll(async () => {
  database = await migratedDatabase()
  admin = new Client({ connectionString: database.url })
  await admin.connect()
  await admin.query(`
    alter function reprise.matching_item(text, text, text, bigint, bigint, integer) rename to matching_at_once;
    create function reprise.matching_item(
      item_tag text, rest text, types text, above bigint, up_to bigint, most integer
    ) returns table ("position" bigint) language plpgsql stable as $$
    begin
      return query select * from reprise.matching_at_once(item_tag, rest, types, above, up_to, most);
      ${WAIT_AT_GATE}
    end $$`)
  pool = new Pool({ connectionString: database.url, application_name: 'looking' })
  backend = postgres(pool)
})
afterAll(async () => {
  await Promise.all([backend.close(), admin.end()])
  await pool.end()
  await database.close()
})

const query: BoundaryQuery = [{ tags: ['seat:1'] }]
const seat = (streamId: string, tags: ReadonlyArray<string>) => ({
  streamId,
  expectedVersion: 0,
  events: [{ ...newEvent(), tags }],
  commands: [],
})

/** What a rebuild leaves in the table when it begins (0) and when it has come to the end (1). */
const rebuiltTo = (position: 0 | 1) =>
  admin.query(
    `insert into reprise.tagged_categories (category, complete_after, rebuilt_to) values ('seat', 1, $1)
     on conflict (category) do update set complete_after = 1, rebuilt_to = $1`,
    [position],
  )

it.each([
  [
    'an append on a condition',
    () =>
      backend.store.appendTogether({
        streams: [seat('seat-2', ['seat:1'])],
        condition: { query, sight: { after: 0, count: 0 } },
      }),
  ],
  ['a read of what matches', () => backend.store.readMatching(query, { limit: 10 })],
])('%s is refused if a rebuild of tags ends while it looks', async (_, look) => {
  await right(backend.store.append(seat(`seat-${randomUUID()}`, ['seat:other'])))
  await rebuiltTo(0)
  const [looked] = await whileClosed(admin, async () => {
    const looked = left<{ readonly _tag: string }, unknown>(look())
    await eventually(() => isAsleep(admin, 'looking'))
    await rebuiltTo(1)
    return [looked]
  })
  expect(await looked).toMatchObject({
    _tag: 'StoreFailed',
    reason: 'TagsIncomplete',
    outcome: 'nothingWritten',
  })
  expect(await right(backend.store.version('seat-2'))).toBe(0)
})
