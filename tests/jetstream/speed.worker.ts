// What an append costs in JetStream beside a bare publish with the same expectation, and a load of ten events:
//   npm run test:jetstream -- --speed
// Rounds of both alternate, and medians are compared: the machine may be busy with other things.
import { headers, type Msg, type NatsConnection } from '@nats-io/nats-core'
import * as E from 'fp-ts/Either'
import { jetStream } from '../../src/jetstream'
import { aMark, anEvent, appendTo } from '../../src/testing/store-contract/fixtures'
import { startNats } from '../support/nats-cluster'

const ROUNDS = 9
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

/** Sends until it is stored: a leader that is not done with the message before this one compares nothing. */
const stored = async (send: () => Promise<Msg>): Promise<number> => {
  for (;;) {
    const { seq } = (await send()).json<{ seq?: number }>()
    if (seq !== undefined) return seq
  }
}

const publishing = (connection: NatsConnection, name: string) => {
  const sequences = new Map<number, number>()
  return async (caller: number): Promise<void> => {
    const text = JSON.stringify({ own: crypto.randomUUID(), events: [anEvent({ number: 1 })] })
    const header = headers()
    header.set('Nats-Expected-Last-Subject-Sequence', String(sequences.get(caller) ?? 0))
    const subject = `reprise.ev.0.bare.${name}${caller}`
    const options = { headers: header, timeout: 10_000 }
    const sequence = await stored(() => connection.request(subject, text, options))
    sequences.set(caller, sequence)
  }
}

/** The two messages of an append with an id, with the same expectations, as the client's own functions send them. */
const publishingTwo = (connection: NatsConnection, name: string) => {
  const sequences = new Map<number, number>()
  let count = 0
  return async (caller: number): Promise<void> => {
    const own = crypto.randomUUID()
    const id = `${name}${caller}`
    const mark = JSON.stringify({ own, after: 0, eventCount: 1 })
    const text = JSON.stringify({ own, events: [anEvent({ number: 1 })] })
    const command = count++
    const sequence = await stored(() => {
      const batch = crypto.randomUUID()
      const expecting = (expected: number, index: number) => {
        const header = headers()
        header.set('Nats-Expected-Last-Subject-Sequence', String(expected))
        header.set('Nats-Batch-Id', batch)
        header.set('Nats-Batch-Sequence', String(index))
        return header
      }
      connection.publish(`reprise.mk.0.bare.${id}.c${command}`, mark, { headers: expecting(0, 1) })
      const header = expecting(sequences.get(caller) ?? 0, 2)
      header.set('Nats-Batch-Commit', '1')
      const options = { headers: header, timeout: 10_000 }
      return connection.request(`reprise.ev.0.bare.${id}`, text, options)
    })
    sequences.set(caller, sequence)
  }
}

/** What each is compared with. */
const BESIDE: Readonly<Record<string, ReadonlyArray<string>>> = {
  append: ['bare publish'],
  'append with an id': ['bare publish', 'bare batch of two'],
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
      'bare batch of two': publishingTwo(connection, `t${callers}x`),
      'append with an id': appending(`i${callers}x`, true),
    }
    const rounds = new Map<string, Round[]>(Object.keys(ways).map((name) => [name, []]))
    for (let index = 0; index < ROUNDS; index++) {
      for (const [name, call] of Object.entries(ways))
        rounds.get(name)?.push(await round(callers, call))
    }
    for (const [name, all] of rounds) {
      const beside = BESIDE[name] ?? []
      const compared = beside.map((other) => {
        const bare = rounds.get(other) ?? []
        const of = (value: (one: Round) => number) =>
          median(all.map((one, index) => value(one) / (value(bare[index] ?? one) || 1))).toFixed(2)
        return `; beside a ${other}: ${of((one) => one.perSecond)} of the rate, ${of((one) => one.p50)} of the p50`
      })
      console.log(
        `${callers} callers, ${name}: ${Math.round(median(all.map((one) => one.perSecond)))}/s, ` +
          `p50 ${median(all.map((one) => one.p50)).toFixed(2)} ms${compared.join('')}`,
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
