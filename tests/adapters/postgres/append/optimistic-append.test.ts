import type { CompiledQuery } from 'kysely'
import { encodeAppend } from '../../../../src/adapters/postgres/append/append'
import {
  appendContext,
  appendStatements,
  optimisticAppend,
} from '../../../../src/adapters/postgres/append/optimistic-append'
import type { AppendRequest } from '../../../../src/core/append'
import { appending } from '../../../support/tally'

const statements = appendStatements('reprise')

/** An append of some events that carry so much text each. */
const carrying = (stream: string, events: number, characters: number): AppendRequest => {
  const request = appending(stream, events)
  const data = { text: 'x'.repeat(characters) }
  return { ...request, events: request.events.map((event) => ({ ...event, data })) }
}

/** The first statement that is sent for some appends. */
const sentFor = async (...requests: ReadonlyArray<AppendRequest>): Promise<CompiledQuery> => {
  const sent: CompiledQuery[] = []
  const db = {
    executeQuery: <Row>(query: CompiledQuery<Row>) => {
      sent.push(query)
      return Promise.resolve({ rows: [] })
    },
  }
  const append = optimisticAppend(appendContext('reprise', {}), db, 'statement')
  await append(requests.map(encodeAppend))
  return sent[0]!
}

describe('the optimistic statement', () => {
  it('takes an append of a few megabytes', async () => {
    expect((await sentFor(carrying('counter-1', 3, 1_000_000))).sql).toBe(statements.appendStream)
  })

  it('is not used for more data than a JSON array should hold, in one append or in several', async () => {
    const { sql } = await sentFor(carrying('counter-1', 5, 1_000_000))
    expect(sql).toBe(statements.appendTogether)
    const several = [1, 2, 3, 4, 5].map((n) => carrying(`counter-${n}`, 1, 1_000_000))
    expect((await sentFor(...several)).sql).toBe(statements.appendTogether)
  })

  it('is not used for an append without events, also among others', async () => {
    const mark = { commandId: 'one', skip: 0, eventCount: 0 }
    const none = { ...appending('counter-2', 0), commands: [mark] }
    expect((await sentFor(appending('counter-1'), none)).sql).toBe(statements.appendTogether)
  })

  it('is the short one for a single event at a version, unless none comes after it', async () => {
    const texts = ['mustNotExist', 7, 2_147_483_646, 'any', 'mustExist'] as const
    const sent = await Promise.all(
      texts.map((expectedVersion) => sentFor({ ...appending('counter-1'), expectedVersion })),
    )
    expect(sent.map(({ sql }) => sql)).toEqual([
      statements.appendOne,
      statements.appendOne,
      statements.appendStream,
      statements.appendStream,
      statements.appendStream,
    ])
  })

  it('is the one for any number of streams where several share it, or a command has several events', async () => {
    const mark = { commandId: 'one', skip: 0, eventCount: 2 }
    const shared = await sentFor(appending('counter-1'), appending('counter-2', 2))
    const marked = await sentFor({ ...appending('counter-1', 2), commands: [mark] })
    expect([shared.sql, marked.sql]).toEqual([statements.appendMany, statements.appendManyMarked])
  })

  it('carries data and metadata as they were written', async () => {
    const request = carrying('counter-1', 2, 3)
    const [data, metadata] = (await sentFor(request)).parameters.slice(-2)
    expect(JSON.parse(String(data))).toEqual(request.events.map((event) => event.data))
    expect(JSON.parse(String(metadata))).toEqual(request.events.map((event) => event.metadata))
  })
})

describe('an append that met another writer', () => {
  it('makes the next 32 statements with its stream take the longer way, and no others', async () => {
    const sent: string[] = []
    const db = {
      executeQuery: <Row>({ sql, parameters }: CompiledQuery<Row>) => {
        sent.push(sql)
        const fits = sql === statements.appendOne && (parameters[0] === 'counter-2' || met)
        const row = { stream_id: parameters[0], version: 1, position: 1, recorded_at: 0 }
        return Promise.resolve({ rows: (fits ? [row] : []) as Row[] })
      },
    }
    const append = optimisticAppend(appendContext('reprise', {}), db, 'statement')
    const next = async (stream: string): Promise<ReadonlyArray<string>> => {
      sent.length = 0
      await append([encodeAppend({ ...appending(stream), expectedVersion: 0 })])
      return [...sent]
    }
    const [short, long] = [statements.appendOne, statements.appendTogether]
    let met = false
    expect(await next('counter-1')).toEqual([short, long])
    met = true
    for (let turn = 0; turn < 16; turn++) {
      expect(await next('counter-1')).toEqual([long])
      expect(await next('counter-2')).toEqual([short])
    }
    expect(await next('counter-1')).toEqual([short])
  })
})
