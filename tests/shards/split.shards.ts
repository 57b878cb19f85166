import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync } from 'node:fs'
import { Pool } from 'pg'
import { postgres, sharded } from 'reprise/postgres'
import { firstSlotMap, halfOf, movedMap, movingMap, slotOf } from '../../src/core/slots'
import { right } from '../support/right'
import { onServer, startReplicated, startServer } from '../support/servers'
import { pause, type ShardLoad, startLoad, UNHARMED } from './load'

const REPORT = process.env['REPRISE_SHARDS_REPORT']
const CALLERS = 48
const PROCESSES = 3

/** The steps, by what the command says before each. */
const STEPS = [
  'begin to move',
  'it is promoted',
  'becomes a shard',
  'comes into force',
  'shard 0:',
] as const

/**
 * Runs the command in a process of its own, and kills it as soon as it says that it is about to do one of some steps: the
 * step itself is then done, half done or not done. Answers what it has said.
 */
const run = async (
  args: ReadonlyArray<string>,
  until: ReadonlyArray<string> = [],
): Promise<string> => {
  const child = spawn(process.execPath, ['--import', 'tsx', 'src/cli/main.ts', ...args])
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      said += chunk
      if (until.some((step) => said.includes(step))) child.kill('SIGKILL')
    })
  }
  await once(child, 'close')
  return said
}

const map = firstSlotMap('00000000-0000-0000-0000-000000000000', 2)
const after = movedMap(movingMap(map, halfOf(map, 0)))
const shardOf = (streamId: string): number => after.slots[slotOf(streamId)] ?? 0

describe('reprise shards split', () => {
  it.each([
    ['killed at each step and begun again', STEPS],
    ['left alone', []],
  ] as const)(
    '%s, loses and doubles nothing, and keeps nobody else waiting',
    async (way, kills) => {
      const servers = await startReplicated(1, 'max_connections=200')
      const other = await startServer('max_connections=200')
      const pools: Pool[] = []
      let load: ShardLoad | undefined
      try {
        const urls = [servers.primary.url, other.url, servers.replica.url]
        const open = (count: number) => {
          const own = urls
            .slice(0, count)
            .map((url) => new Pool({ connectionString: url, max: 12 }))
          pools.push(...own)
          const [first, ...rest] = own.map((pool) => postgres(pool))
          if (first === undefined) throw new Error('there is no shard')
          return sharded([first, ...rest])
        }
        await right(open(2).migrate)
        await servers.caughtUp()
        const backends = Array.from({ length: PROCESSES }, () => open(3))
        load = startLoad(backends, { callers: CALLERS, shards: 3, shardOf, thinking: 50 })
        await pause(2_000)

        const [one = '', two = '', three = ''] = urls
        const shards = ['--shard', one, '--shard', two]
        const split = ['shards', 'split', '0', ...shards, '--standby', three, '--by-id', '--yes']
        const killedAt = new Set<string>()
        for (const index of kills.keys()) {
          // A step that was done nevertheless is not said again: then it is killed at the one after it.
          const said = await run(split, kills.slice(index))
          const last = said.trim().split('\n').at(-1) ?? ''
          killedAt.add(STEPS.find((step) => last.includes(step)) ?? last)
        }
        const done = await run(split)
        expect(done).toContain('Shard 2 has 256 slots')
        expect(await run(split)).toContain('Shard 2 has 256 slots; ') // once more: there is nothing to do
        expect(await run(['shards', 'cancel', ...shards, '--shard', three, '--yes'])).toContain(
          'NothingToCancel',
        )
        await pause(2_000)
        const judged = await load.judge()
        if (REPORT !== undefined) {
          const row = { kind: `split, ${way}`, killedAt: [...killedAt], shards: judged }
          appendFileSync(REPORT, `${JSON.stringify(row)}\n`)
        }
        expect(killedAt.size).toBeGreaterThanOrEqual(kills.length - 2)
        for (const part of judged) expect(part).toMatchObject(UNHARMED)
        for (const { acknowledged } of judged) expect(acknowledged).toBeGreaterThan(CALLERS)
        // Who has nothing to do with the slots that move has not met a failure.
        expect([judged[0]?.failures, judged[1]?.failures]).toEqual([{}, {}])
        const streams = async (url: string) =>
          (
            await onServer<{ id: string }>(
              url,
              'select distinct stream_id as id from reprise.events',
            )
          ).map(({ id }) => id)
        const left = [await streams(one), await streams(three)].map((ids, index) =>
          ids.filter((id) => shardOf(id) !== index * 2),
        )
        // Of each side at most the one stream that had the last event of all is left.
        for (const ids of left) expect(ids.length).toBeLessThanOrEqual(1)
        for (const backend of backends) await backend.close()
      } finally {
        await load?.stop()
        await Promise.all(pools.map((pool) => pool.end()))
        await servers.stop()
        await other.stop()
      }
    },
    240_000,
  )
})
