import { sql } from 'kysely'
import { openServer } from '../../../../src/adapters/postgres/connection/open-server'
import type { OpenedDatabase } from '../../../../src/adapters/postgres/connection/opened-database'
import { firstSlotMap } from '../../../../src/core/slots'
import { aMark, anEvent, appendTo } from '../../../../src/testing/store-contract/fixtures'
import { migratedDatabase, type MigratedDatabase } from '../../../support/postgres'
import { left, right, rightOf } from '../../../support/right'

let database: MigratedDatabase<unknown>
let opened: OpenedDatabase
beforeAll(async () => {
  database = await migratedDatabase()
  opened = rightOf(openServer(database.url, { schema: 'reprise', now: () => Date.now() }))
})
afterAll(async () => {
  await opened.close()
  await database.close()
})

const rowsOf = async (table: string): Promise<ReadonlyArray<string>> => {
  const { rows } = await sql<{ id: string }>`
    select distinct stream_id as id from reprise.${sql.raw(table)} order by 1`.execute(opened.db)
  return rows.map(({ id }) => id)
}

describe('what a split deletes', () => {
  it('deletes streams that have moved with all that belongs to them, but the one with the last event, and only on a shard', async () => {
    const { store, splitting, asShard } = opened
    for (const [index, id] of ['a-1', 'a-2', 'a-3'].entries()) {
      const event = { ...anEvent({ index }), tags: [`tag:${id}`] }
      await right(store.append(appendTo(id, 0, [event], [aMark(`c${index}`, 1)])))
      await right(
        store.saveSnapshot({ streamId: id, schemaVersion: 1, version: 1, state: { index } }),
      )
    }
    const highest = async () => (await right(store.readAll({ after: 0, limit: 1 }))).highest
    const before = await highest()

    // No shard: then nothing has moved from here.
    expect((await left(splitting.dropStreams(['a-1']))).message).toContain('no streams have moved')
    const map = { ...firstSlotMap(crypto.randomUUID(), 2), shard: 0 }
    await right(asShard.putMap({ ...map, moving: [1] }, 0))
    expect((await left(splitting.dropStreams(['a-1']))).message).toContain('no streams have moved')
    await right(asShard.putMap({ ...map, epoch: 3 }, 2))

    expect(await right(splitting.dropStreams(['a-1', 'a-3']))).toBe(1)
    for (const table of ['events', 'commands', 'snapshots']) {
      expect(await rowsOf(table)).toEqual(['a-2', 'a-3'])
    }
    const { rows } = await sql<{ tag: string }>`select tag from reprise.event_tags`.execute(
      opened.db,
    )
    expect(rows.map(({ tag }) => tag).toSorted()).toEqual(['tag:a-2', 'tag:a-3'])
    expect(await highest()).toBe(before) // a checkpoint at the end is not ahead of the store
    expect(await right(splitting.dropStreams(['a-1', 'a-3']))).toBe(1) // once more: nothing is left of a-1
  })

  it('answers what a split asks of a server that follows no other', async () => {
    const { splitting } = opened
    const log = await right(splitting.log)
    expect(log.isStandby).toBe(false)
    expect(log.reached).toBeGreaterThan(0)
    await right(splitting.promote) // it is a primary already
    await sql`insert into reprise.subscriptions (name, partitions, paused_at)
      values ('process:orders', 1, null), ('process:bills', 1, now()), ('mails', 1, null)`.execute(
      opened.db,
    )
    expect(await right(splitting.activeProcessManagers)).toEqual(['orders'])
    await sql`insert into reprise.outbox (process, key, id, due_at, command, metadata)
      values ('orders', '7', 'a', now(), '{}', '{}'), ('orders', '7', 'b', now(), '{}', '{}'),
        ('orders', '8', 'c', now(), '{}', '{}')`.execute(opened.db)
    expect(await right(splitting.pendingProcesses)).toEqual([
      { process: 'orders', key: '7' },
      { process: 'orders', key: '8' },
    ])
    await right(splitting.dropProcesses([{ process: 'orders', key: '7' }]))
    expect(await right(splitting.pendingProcesses)).toEqual([{ process: 'orders', key: '8' }])
    expect(await right(splitting.reached('a-2'))).toBe(1)
    expect(await right(splitting.reached('a-1'))).toBe(0)
  })
})
