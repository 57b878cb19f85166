// What an append costs in JetStream beside a bare publish with the same expectation, and a load of ten events:
//   npm run test:jetstream -- --speed
// Rounds of both alternate, and medians are compared: the machine may be busy with other things.
import { headers, type NatsConnection } from '@nats-io/nats-core'
import * as E from 'fp-ts/Either'
import { jetStream } from '../../src/jetstream'
import { aMark, anEvent, appendTo } from '../../src/testing/store-contract/fixtures'
import { startNats } from '../support/nats-cluster'

const ROUNDS = 7
const ROUND = 700

interface Round {
  readonly perSecond: number
  readonly p50: number
}

const round = async (callers: number, call: (caller: number) => Promise<void>): Promise<Round> => {
  const times: number[] = []
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
  times.sort((left, right) => left - right)
  const seconds = (performance.now() - began) / 1_000
  return { perSecond: times.length / seconds, p50: times[times.length >> 1] ?? 0 }
}

const median = (numbers: ReadonlyArray<number>): number =>
  numbers.toSorted((left, right) => left - right)[numbers.length >> 1] ?? 0

const right = <Answer>(answer: E.Either<{ readonly message: string }, Answer>): Answer => {
  if (E.isRight(answer)) return answer.right
  throw new Error(answer.left.message)
}

const publishing = (connection: NatsConnection, name: string) => {
  const sequences = new Map<number, number>()
  return async (caller: number): Promise<void> => {
    const text = JSON.stringify({ own: crypto.randomUUID(), events: [anEvent({ number: 1 })] })
    const header = headers()
    header.set('Nats-Expected-Last-Subject-Sequence', String(sequences.get(caller) ?? 0))
    const subject = `reprise.ev.0.bare.${name}${caller}`
    const answer = await connection.request(subject, text, { headers: header, timeout: 10_000 })
    sequences.set(caller, answer.json<{ seq: number }>().seq)
  }
}

const main = async (): Promise<void> => {
  const cluster = await startNats({ program: process.env['NATS_SERVER'] ?? 'nats-server' })
  const connection = await cluster.connectToAny()
  const { store, migrate } = jetStream(connection)
  while (E.isLeft(await migrate()));
  const appending = (name: string, withIds: boolean) => {
    const versions = new Map<number, number>()
    return async (caller: number): Promise<void> => {
      const version = versions.get(caller) ?? 0
      const marks = withIds ? [aMark(`c${version}`, 1)] : []
      const streamId = `bench-${name}${caller}`
      right(await store.append(appendTo(streamId, version, [anEvent({ version })], marks))())
      versions.set(caller, version + 1)
    }
  }
  for (const callers of [1, 32]) {
    const ways = {
      'bare publish': publishing(connection, `b${callers}x`),
      append: appending(`a${callers}x`, false),
      'append with an id': appending(`i${callers}x`, true),
    }
    const rounds = new Map<string, Round[]>(Object.keys(ways).map((name) => [name, []]))
    for (let index = 0; index < ROUNDS; index++) {
      for (const [name, call] of Object.entries(ways))
        rounds.get(name)?.push(await round(callers, call))
    }
    const bare = rounds.get('bare publish') ?? []
    for (const [name, all] of rounds) {
      const rate = median(
        all.map(({ perSecond }, index) => perSecond / (bare[index]?.perSecond ?? 1)),
      )
      const slower = median(all.map(({ p50 }, index) => p50 / (bare[index]?.p50 ?? 1)))
      console.log(
        `${callers} callers, ${name}: ${Math.round(median(all.map(({ perSecond }) => perSecond)))}/s, ` +
          `p50 ${median(all.map(({ p50 }) => p50)).toFixed(2)} ms; of a bare publish: ` +
          `${rate.toFixed(2)} of the rate, ${slower.toFixed(2)} of the p50`,
      )
    }
  }
  for (let version = 0; version < 10; version++) {
    right(await store.append(appendTo('bench-ten', version, [anEvent({ version })]))())
  }
  const load = await round(1, async () => {
    right(await store.load({ streamId: 'bench-ten', after: 0, limit: 100 })())
  })
  console.log(
    `1 caller, load of 10 events: ${Math.round(load.perSecond)}/s, p50 ${load.p50.toFixed(2)} ms`,
  )
  await connection.close()
  await cluster.stop()
}

void main()
