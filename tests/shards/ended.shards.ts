import { Pool } from 'pg'
import { openCategory } from 'reprise'
import { forgotten } from 'reprise/codec'
import { masterKeyFrom, postgres, type PostgresBackend, sharded } from 'reprise/postgres'
import { openServer } from '../../src/adapters/postgres/connection/open-server'
import { splitShard } from '../../src/adapters/sharded/split'
import type { SplitPart } from '../../src/core/ports/split'
import type { RangeToWrite } from '../../src/core/operator/moving-to-files'
import { firstSlotMap, halfOf, movedMap, movingMap, slotOf } from '../../src/core/slots'
import { sealStore } from '../../src/shell/transfer/seal-store'
import { verifyStore } from '../../src/shell/transfer/verify-store'
import { sha256Of, testFiles } from '../../src/testing/operator-contract/test-files'
import { customers, register } from '../support/customers'
import { left, right, rightOf } from '../support/right'
import { onServer, startReplicated } from '../support/servers'
import { freshId } from '../support/stores'
import { appending, newEvent } from '../support/tally'

const FILE = '2025.ndjson'
const audited = { by: 'grace', why: 'ticket 4711' }
const personalData = { masterKey: masterKeyFrom('one', () => new Uint8Array(32).fill(1)) }

const map = firstSlotMap('00000000-0000-0000-0000-000000000000', 1)
const after = movedMap(movingMap(map, halfOf(map, 0)))
const shardOf = (streamId: string): number => after.slots[slotOf(streamId)] ?? 0
const idOn = (shard: number, category = 'counter'): string => {
  for (;;) {
    const id = `${category}-${freshId()}`
    if (shardOf(id) === shard) return id
  }
}

describe('a split of streams that have ended, lost their beginning or are in a chain', () => {
  it('gives each side its own, with what stands for it, and leaves nothing of the others', async () => {
    const servers = await startReplicated(1)
    const files = testFiles()
    const pools: Pool[] = []
    const urls = [servers.primary.url, servers.replica.url]
    const open = (count: number) => {
      const [first, ...rest] = urls.slice(0, count).map((connectionString) => {
        const pool = new Pool({ connectionString, max: 4 })
        pools.push(pool)
        return postgres(pool, { personalData, archiveFiles: files })
      })
      if (first === undefined) throw new Error('there is no shard')
      return { backend: sharded([first, ...rest]), shards: [first, ...rest] }
    }
    const parts = urls.map((url) => rightOf(openServer(url, { schema: 'reprise', now: Date.now })))
    try {
      const one = open(1).backend
      await right(one.migrate)
      const both = (category?: string) => [idOn(0, category), idOn(1, category)]
      const [closed, archived, erased, plain, truncated] = [both(), both(), both(), both(), both()]
      const [filed, begun] = [both(), both()]
      const people = both('customer')
      for (const id of [closed, archived, filed, begun, erased, plain, truncated].flat()) {
        await right(one.store.append(appending(id, 4)))
      }
      const desk = openCategory(customers, one)
      const own = (streamId: string) => streamId.slice('customer-'.length)
      for (const id of people) {
        await right(desk.handleCommand(own(id), register(own(id), 'ada@example.org', 'Ada')))
      }
      for (const streamId of [...closed, ...archived, ...filed, ...begun]) {
        await right(one.operator.closeStream({ streamId, ...audited }))
      }
      const streams = [...archived, ...filed, ...begun]
      await right(one.operator.archive({ streams, tagged: 'refuse', ...audited }))
      for (const streamId of erased) await right(one.operator.erase({ streamId, ...audited }))
      const summary = newEvent()
      for (const streamId of truncated) {
        const summaryOf = { ...summary, id: crypto.randomUUID() }
        await right(
          one.operator.truncateStream({ streamId, upTo: 3, summary: summaryOf, ...audited }),
        )
      }
      const [source, standby] = parts
      if (source === undefined || standby === undefined) throw new Error('there are two')
      const [undivided] = open(1).shards as [PostgresBackend<unknown>]
      const beginMove = (expects: 'new' | 'known', ids: ReadonlyArray<string>) =>
        right(undivided.operator.beginMoveToFile({ file: FILE, streams: ids, expects }))
      const write = async (range: RangeToWrite | undefined) => {
        if (range === undefined) throw new Error('there is something to write')
        const contents = range.parts.map(({ content }) => content)
        files.write(FILE, range.start, contents.join(''))
        const sha256s = await Promise.all(contents.map(sha256Of))
        return { range: range.range, sha256s, ...audited }
      }
      await right(undivided.operator.finishMoveToFile(await write(await beginMove('new', filed))))
      const unfinished = await write(await beginMove('known', begun))
      await right(sealStore({})(source))
      await servers.caughtUp()

      // The map is in force, and the shard still has the streams that have moved.
      const finished: unknown[] = []
      const dropping: SplitPart = {
        ...source.splitting,
        dropStreams: (ids) => async () => {
          finished.push(await undivided.operator.finishMoveToFile(unfinished)())
          return source.splitting.dropStreams(ids)()
        },
      }
      const split = splitShard({
        ...{ shards: [dropping], standby: standby.splitting, shard: 0, placement: {} },
        ...{ patience: 20_000, settling: 0 },
        onStep: () => Promise.resolve(),
      })
      expect(await right(split)).toMatchObject({ shard: 1, slots: 512 })

      expect(finished).toContainEqual(
        expect.objectContaining({ left: expect.objectContaining({ _tag: 'InvalidOperation' }) }),
      )
      expect(finished).not.toContainEqual(expect.objectContaining({ _tag: 'Right' }))

      const { backend, shards } = open(2)
      // One more event on each side: then the stream that had the last one of all is deleted, too.
      for (const id of both()) await right(backend.store.append(appending(id)))
      await right(split)

      const page = { after: 0, limit: 10 }
      for (const [shard, { store, operator }] of shards.entries()) {
        const other = 1 - shard
        // A move into the file that was under way is given up; what was in it stays, and goes with its shard.
        expect(await left(operator.finishMoveToFile(unfinished))).toMatchObject({
          _tag: 'InvalidOperation',
        })
        for (const { range, file, start, length } of await right(operator.unusedRanges())) {
          files.write(file, start, ' '.repeat(length))
          await right(operator.rangeOverwritten(range))
        }
        const next = { file: FILE, streams: [begun[shard] ?? ''], expects: 'known' } as const
        if (shard === 0) {
          await right(
            operator.finishMoveToFile(await write(await right(operator.beginMoveToFile(next)))),
          )
        } else {
          expect(await left(operator.beginMoveToFile(next))).toMatchObject({
            _tag: 'InvalidOperation',
          })
        }
        for (const ids of [closed, archived, filed, begun, plain]) {
          expect((await right(store.read(ids[shard] ?? '', page))).events).toHaveLength(4)
        }
        const [beginning] = (await right(store.read(truncated[shard] ?? '', page))).events
        expect(beginning).toMatchObject({ version: 3, metadata: { beginning: true } })
        expect(await left(store.read(erased[shard] ?? '', page))).toMatchObject({
          _tag: 'StreamErased',
        })
        for (const ids of [closed, archived, filed, begun]) {
          const again = backend.store.append(appending(ids[shard] ?? ''))
          expect(await left(again)).toMatchObject({ _tag: 'StreamClosed' })
        }
        for (const table of [
          ...['events', 'commands', 'snapshots', 'chain_heads', 'archived_events'],
          ...['archived_streams', 'truncated_streams', 'held_streams'],
        ]) {
          const rows = await onServer<{ id: string }>(
            urls[shard] ?? '',
            `select distinct stream_id as id from reprise.${table}`,
          )
          expect(
            rows.filter(({ id }) => shardOf(id) === other).map(({ id }) => [table, id]),
          ).toEqual([])
        }
        const verified = await right(verifyStore({})(parts[shard] ?? source))
        expect(verified.defects).toEqual([])
      }

      // Erased on its shard, one leaves its bytes to be overwritten; the other one's are read as before.
      const [keeps, erases] = shards as [PostgresBackend<unknown>, PostgresBackend<unknown>]
      const gone = await right(erases.operator.erase({ streamId: filed[1] ?? '', ...audited }))
      expect(gone.place).toMatchObject({ file: FILE })
      for (const { start, length } of await right(erases.operator.unusedRanges())) {
        files.write(FILE, start, ' '.repeat(length))
      }
      for (const ids of [filed, begun]) {
        expect((await right(keeps.store.read(ids[0] ?? '', page))).events).toHaveLength(4)
      }

      // Both have the keys of all subjects: to forget one is to forget it on both.
      const [first = '', second = ''] = people
      await right(backend.operator.forgetSubject({ subject: own(second), ...audited }))
      const states = openCategory(customers, backend)
      expect((await right(states.load(own(second)))).state.email).toEqual(forgotten)
      expect((await right(states.load(own(first)))).state.email).toBe('ada@example.org')
      for (const url of urls) {
        const keys = await onServer<{ wrapped: string | null }>(
          url,
          `select wrapped from reprise.subject_keys where subject = '${own(second)}'`,
        )
        expect(keys).toEqual([{ wrapped: null }])
      }
      await backend.close()
      await one.close()
      await undivided.close()
    } finally {
      for (const { close } of parts) await close()
      for (const pool of pools) await pool.end()
      await servers.stop()
    }
  }, 120_000)
})
