import { Client } from 'pg'
import * as E from 'fp-ts/Either'
import { openCategory, rebuildProjection, runProjection } from 'reprise'
import { archiveClosed } from '../../../../src/shell/transfer/archive-closed'
import { verifyStore } from '../../../../src/shell/transfer/verify-store'
import { totals } from '../../../support/balances'
import { add, counter } from '../../../support/counter'
import { eventually } from '../../../support/eventually'
import { postgresReadSide, type PostgresReadSide } from '../../../support/postgres-read-side'
import { left, right } from '../../../support/right'
import { appendTicks, tick } from '../../../support/ticks'
import { startWorker } from '../../../support/workers'

/** How often a process is killed in the middle: 20 with `npm run test:kills`. */
const KILLS = Number(process.env['REPRISE_KILLS'] ?? 3)

let side: PostgresReadSide
let client: Client
beforeEach(async () => {
  side = await postgresReadSide()
  client = new Client({ connectionString: side.url })
  await client.connect()
})
afterEach(async () => {
  await client.end()
  await side.close()
})

const options = { by: 'test', why: 'test', tagged: 'refuse' } as const
const closed = async (streamId: string, events = 1): Promise<string> => {
  await right(
    side.store.append({
      streamId,
      expectedVersion: 0,
      events: Array.from({ length: events }, (_, index) => tick(index)),
      commands: [{ commandId: streamId, skip: 0, eventCount: events, fingerprint: undefined }],
    }),
  )
  await right(side.operator.closeStream({ streamId, by: 'test', why: 'test' }))
  return streamId
}
const archive = (streamId: string) => side.operator.archive({ ...options, streams: [streamId] })
const count = async (what: string): Promise<number> => {
  const { rows } = await client.query<{ n: number }>(`select count(*)::integer as n from ${what}`)
  return rows[0]?.n ?? 0
}
const defects = async () =>
  (await right(verifyStore({})(side))).defects.map(({ rule, place }) => [rule, place])

describe('the archive in PostgreSQL', () => {
  it('verifies, and shows to verify what was changed in it, or has got lost', async () => {
    for (const id of ['tick-a', 'tick-b', 'tick-c']) {
      await closed(id, 2)
      await right(archive(id))
    }
    expect(await defects()).toEqual([])
    const changing = new Client({ connectionString: side.url })
    await changing.connect()
    const refused = `update reprise.archived_events set type = 'Other' where stream_id = 'tick-a'`
    await expect(changing.query(refused)).rejects.toMatchObject({ code: '23001' })
    await changing.query('alter table reprise.archived_events disable trigger all')
    await changing.query('alter table reprise.archived_streams disable trigger all')
    await changing.query(refused)
    await changing.query(
      `delete from reprise.archived_events where stream_id = 'tick-b' and version = 2`,
    )
    await changing.query(`delete from reprise.archived_streams where stream_id = 'tick-c'`)
    await changing.end()
    expect(await defects()).toEqual([
      ['Commands', 'tick-b'],
      ['Archive', 'tick-a'],
      ['Archive', 'tick-b'],
      ['Archive', 'tick-c'],
    ])
  })

  it('moves nothing if the copy differs from the events', async () => {
    await closed('tick-a', 2)
    await client.query(`
      create function public.damage() returns trigger language plpgsql as $$
      begin new.data := '{"number": 99}'; return new; end $$;
      create trigger damage before insert on reprise.archived_events
        for each row execute function public.damage()`)
    expect(await left(archive('tick-a'))).toMatchObject({ _tag: 'StoreFailed' })
    expect(await count('reprise.archived_events')).toBe(0)
    expect(await count('reprise.events')).toBe(4)
    await client.query('drop trigger damage on reprise.archived_events')
    expect(await right(archive('tick-a'))).toMatchObject([{ right: { events: 2 } }])
  })

  it('loads a state from it as it was, with what the stream has handled', async () => {
    const counters = openCategory(counter, side)
    await right(counters.handleCommand('a', add(2), { commandId: 'first' }))
    for (let n = 0; n < 12; n++) await right(counters.handleCommand('a', add(1)))
    const before = await right(counters.load('a'))
    await right(side.operator.closeStream({ streamId: 'counter-a', by: 'test', why: 'test' }))
    await right(archive('counter-a'))
    for (const category of [counters, openCategory(counter, side, { pageSize: 3 })]) {
      expect(await right(category.load('a'))).toEqual(before)
      expect(await right(category.replayTo('a', 1))).toMatchObject({ state: { total: 2 } })
      const again = await right(category.handleCommand('a', add(2), { commandId: 'first' }))
      expect(again).toMatchObject({ version: 1 })
      expect(await left(category.handleCommand('a', add(1)))).toMatchObject({
        _tag: 'StreamClosed',
      })
    }
  })

  it('is not seen by a rebuild, which says so', async () => {
    const last = (await appendTicks(side.store, 'tick-a', 1, 2, 3)).at(-1) ?? 0
    await appendTicks(side.store, 'tick-b', 2)
    const running = new AbortController()
    const ended = runProjection(totals())(side, { signal: running.signal })()
    await eventually(async () => {
      const build = await right(side.documents.active('totals'))
      return build && ((await right(side.subscriptions.reached(build.collection))) ?? 0) > last
    })
    running.abort()
    await ended
    await right(side.operator.closeStream({ streamId: 'tick-a', by: 'test', why: 'test' }))
    await right(archive('tick-a'))
    const told: object[] = []
    const onNotice = (notice: { readonly _tag: string }) => {
      if (notice._tag === 'BuildLeavesOut') told.push(notice)
    }
    const rebuilt = await right(rebuildProjection(totals())(side, { onNotice }))
    expect(told).toMatchObject([{ projection: 'totals', archivedStreams: 1, archivedEvents: 3 }])
    const kept = await client.query('select key from reprise.documents where collection = $1', [
      rebuilt?.collection,
    ])
    expect(kept.rows).toHaveLength(1)
  })

  it(
    'is right after every kill of a process in the middle, and is gone on with by the next',
    async () => {
      const streams = 8 * KILLS + 8
      for (let n = 0; n < streams; n++) await closed(`tick-${n}`, 3)
      await client.query(`
        create function public.slow() returns trigger language plpgsql as $$
        begin perform pg_sleep(0.05); return new; end $$;
        create trigger slow before insert on reprise.archived_streams
          for each row execute function public.slow()`)
      for (let round = 0; round < KILLS; round++) {
        const worker = startWorker('adapters/postgres/schema/archiving.worker.ts', side.url)
        const statements = async (): Promise<number> =>
          count(`pg_stat_activity where datname = current_database() and state = 'active'
            and query like '%archive_streams%' and pid <> pg_backend_pid()`)
        await eventually(async () => (await statements()) > 0)
        await worker.kill()
        if (round % 2 === 0) {
          // The server is told, too: it rolls back. Otherwise it carries out what the process has asked for.
          await client.query(`select pg_terminate_backend(pid) from pg_stat_activity
            where datname = current_database() and query like '%archive_streams%' and pid <> pg_backend_pid()`)
        }
        await eventually(async () => (await statements()) === 0)
        const moved = await count('reprise.archived_streams')
        expect(await count('reprise.archived_events')).toBe(moved * 3)
        expect(await count('reprise.events where schema_version > 0')).toBe((streams - moved) * 3)
        expect(await defects()).toEqual([])
        expect(moved).toBeLessThan(streams) // it was in the middle
      }
      await client.query('drop trigger slow on reprise.archived_streams')
      const { refusals } = await right(archiveClosed(options)(side))
      expect(refusals).toBe(0)
      expect(await count('reprise.events where schema_version > 0')).toBe(0)
      expect(await defects()).toEqual([])
      expect(E.isRight(await side.store.read('tick-0', { after: 0, limit: 3 })())).toBe(true)
    },
    KILLS * 20_000,
  )
})
