// What an append costs on a shard (the router, and the trigger that compares the epoch) beside one on a plain store:
//   npm run test:shards -- --speed
// Rounds of both alternate on one server, and medians are compared: the machine may be busy with other things. What an append takes
// of the processor, of this process and of the server, depends less on that: the least of all rounds is told.
import * as E from 'fp-ts/Either'
import { Client, Pool } from 'pg'
import { startServer } from '../scale/server'
import { ownTime, serverTime } from '../scale/processor-time'
import { connectPool, postgres, sharded } from '../../src/postgres'
import { aMark, anEvent, appendTo } from '../../src/testing/store-contract/fixtures'

const ROUNDS = 13
const ROUND = 700

interface Round {
  readonly perSecond: number
  readonly p50: number
  /** Milliseconds of a processor for one append: of the server, and of this process. */
  readonly server: number
  readonly own: number
}

const round = async (
  postmaster: number,
  callers: number,
  call: (caller: number) => Promise<void>,
): Promise<Round> => {
  const times: number[] = []
  const before = { server: serverTime(postmaster), own: ownTime() }
  const began = performance.now()
  await Promise.all(
    Array.from({ length: callers }, async (_, caller) => {
      while (performance.now() < began + ROUND) {
        const start = performance.now()
        await call(caller)
        times.push(performance.now() - start)
      }
    }),
  )
  const spent = { server: serverTime(postmaster) - before.server, own: ownTime() - before.own }
  times.sort((left, right) => left - right)
  const seconds = (performance.now() - began) / 1_000
  return {
    perSecond: times.length / seconds,
    p50: times[times.length >> 1] ?? 0,
    server: spent.server / times.length,
    own: spent.own / times.length,
  }
}

const NOTHING: Round = { perSecond: 1, p50: 1, server: 1, own: 1 }

const median = (numbers: ReadonlyArray<number>): number =>
  numbers.toSorted((left, right) => left - right)[numbers.length >> 1] ?? 0

const right = <Answer>(answer: E.Either<{ readonly message: string }, Answer>): Answer => {
  if (E.isRight(answer)) return answer.right
  throw new Error(answer.left.message)
}

const main = async (): Promise<void> => {
  const { stop, url, pid } = await startServer('fsync=off') // a disk that others use would be measured, too
  const postmaster = pid()
  const urlOf = (name: string): string => Object.assign(new URL(url), { pathname: name }).href
  const client = new Client({ connectionString: url })
  await client.connect()
  for (const name of ['plain', 'shard']) await client.query(`create database ${name}`)
  await client.end()
  const pools = ['plain', 'shard'].map(
    (name) => new Pool({ connectionString: urlOf(name), max: 10 }),
  )
  const [plain, shard] = pools.map((pool) => postgres(connectPool<unknown>(pool)))
  if (plain === undefined || shard === undefined) throw new Error('there is no pool')
  const backends = { plain, shard: sharded([shard]) }
  for (const { migrate } of Object.values(backends)) right(await migrate())

  for (const callers of [1, 32]) {
    for (const withIds of [false, true]) {
      const appending = (store: typeof backends.shard.store) => {
        const versions = new Map<number, number>()
        return async (caller: number): Promise<void> => {
          const version = versions.get(caller) ?? 0
          const marks = withIds ? [aMark(`c${version}`, 1)] : []
          const streamId = `bench-${callers}x${withIds ? 'i' : 'a'}${caller}`
          right(await store.append(appendTo(streamId, version, [anEvent({ version })], marks))())
          versions.set(caller, version + 1)
        }
      }
      const ways = {
        plain: appending(backends.plain.store),
        shard: appending(backends.shard.store),
      }
      const rounds = { plain: [] as Round[], shard: [] as Round[] }
      for (let index = 0; index < ROUNDS; index++) {
        const order = ['plain', 'shard'] as const
        for (const way of index % 2 === 0 ? order : order.toReversed()) {
          const found = await round(postmaster, callers, ways[way])
          if (index > 0) rounds[way].push(found) // the first one warms up
        }
      }
      const ratio = (value: (one: Round) => number): string =>
        median(
          rounds.shard.map((one, index) => value(one) / value(rounds.plain[index] ?? NOTHING)),
        ).toFixed(2)
      const rate = (all: ReadonlyArray<Round>): number =>
        Math.round(median(all.map(({ perSecond }) => perSecond)))
      const cost = (all: ReadonlyArray<Round>, value: (one: Round) => number): string =>
        Math.min(...all.map(value)).toFixed(3)
      const costs = (value: (one: Round) => number): string =>
        `${cost(rounds.plain, value)} and ${cost(rounds.shard, value)} ms`
      console.log(
        `${callers} callers, ${withIds ? 'with an id' : 'without ids'}: ${rate(rounds.plain)}/s on a plain store, ${rate(rounds.shard)}/s on a shard; ` +
          `of the plain one: ${ratio(({ perSecond }) => perSecond)} of the rate, ${ratio(({ p50 }) => p50)} of the p50\n` +
          `  processor for an append, plain and on a shard: server ${costs(({ server }) => server)}, this process ${costs(({ own }) => own)}`,
      )
    }
  }
  await plain.close()
  await backends.shard.close()
  await Promise.all(pools.map((pool) => pool.end()))
  await stop()
}

void main()
