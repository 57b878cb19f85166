import * as E from 'fp-ts/Either'
import type { CompiledQuery, QueryResult } from 'kysely'
import { encodeAppend, signallingAll } from '../../../../src/adapters/postgres/append/append'
import { groupedAppends } from '../../../../src/adapters/postgres/append/group-commit'
import {
  appendContext,
  optimisticAppend,
} from '../../../../src/adapters/postgres/append/optimistic-append'
import { postgres } from '../../../../src/adapters/postgres/backend'
import { directExecutor } from '../../../../src/adapters/postgres/connection/origin'
import type { Executor } from '../../../../src/adapters/postgres/connection/query'
import type { AppendRequest } from '../../../../src/core/append'
import { type MigratedDatabase, migratedDatabase } from '../../../support/postgres'
import { left, right } from '../../../support/right'
import { appending, newEvent } from '../../../support/tally'

let database: MigratedDatabase<unknown>
beforeAll(async () => {
  database = await migratedDatabase()
})
afterAll(() => database.close())

const filled = (streamId: string, size: number, events = 1): AppendRequest => ({
  ...appending(streamId),
  events: Array.from({ length: events }, () => newEvent('Added', { text: 'x'.repeat(size) })),
})

const boom = new Error('thrown')
const thrower = (): never => {
  throw boom
}

type Answer = Promise<QueryResult<never>>
const rows = (...found: unknown[]): Answer => Promise.resolve({ rows: found as never[] })

/** What an executor does instead of its work, and how often it has been called before. */
type Fault = (query: CompiledQuery, real: Executor) => Answer

const faults: ReadonlyArray<readonly [string, Fault]> = [
  ['throws before anything is sent', thrower],
  ['rejects', () => Promise.reject(boom)],
  ['answers nothing', () => Promise.resolve(undefined as never)],
  ['answers without rows', () => Promise.resolve({} as never)],
  ['answers rows of no stream', () => rows({}, {}, {}, {})],
  ['answers rows that are none', () => rows(null, undefined)],
  [
    'answers rows that throw',
    () =>
      rows(
        new Proxy({}, { get: thrower }),
        new Proxy({}, { get: thrower }),
        new Proxy({}, { get: thrower }),
      ),
  ],
  [
    'throws when everything was stored',
    async (query, real) => {
      await real.executeQuery(query)
      return thrower()
    },
  ],
]

describe('appends through a driver that fails', () => {
  const appender = (fault: Fault, signal: () => void = () => undefined) => {
    const real = directExecutor(database.connect(2))
    let faulty = true
    const executor: Executor = {
      executeQuery: <Row>(query: CompiledQuery<Row>): Promise<QueryResult<Row>> =>
        faulty ? fault(query, real) : real.executeQuery(query),
    }
    const context = appendContext('reprise', {})
    return {
      append: groupedAppends(
        signallingAll(signal, optimisticAppend(context, executor, 'statement')),
        {
          connections: 1,
          timeout: 1_000,
        },
      ),
      heal: () => {
        faulty = false
      },
    }
  }

  it.each(faults)('are all answered, and the next ones go out: it %s', async (name, fault) => {
    const { append, heal } = appender(fault)
    const ids = ['1', '2', '3', '4', '5'].map((id) => `fault-${name} ${id}`)
    const all = () => Promise.all(ids.map((id) => append(encodeAppend(appending(id)))))
    for (let round = 0; round < 6; round++) {
      for (const answer of await all())
        expect(answer).toMatchObject({ left: { _tag: 'StoreFailed' } })
    }
    heal()
    expect((await all()).every(E.isRight)).toBe(true)
  })

  it('are all answered when onNotice throws', async () => {
    const { append, heal } = appender((query, real) => real.executeQuery(query) as Answer, thrower)
    heal()
    for (let round = 0; round < 6; round++) {
      const answer = await append(encodeAppend(appending('tally-signal')))
      expect(answer).toMatchObject({ left: { _tag: 'StoreFailed', outcome: 'unknown' } })
    }
  })
})

describe('the bounds of an append count bytes', () => {
  it('an append of 560 events of 1 MB is rejected', async () => {
    const { store } = postgres(database.connect(2))
    expect(await left(store.append(filled('tally-much', 1_000_000, 560)))).toMatchObject({
      _tag: 'LimitExceeded',
      limit: 'appendSize',
      maximum: 33_554_432,
    })
    await right(store.append(appending('tally-much')))
  })

  it('700 callers with 0.9 MB each are answered: stored, or turned away', async () => {
    const { store } = postgres(database.connect(4))
    const answers = await Promise.all(
      Array.from({ length: 700 }, (_, n) => store.append(filled(`caller-${n}`, 900_000))()),
    )
    const refused = answers.filter(E.isLeft).map(({ left: { _tag } }) => _tag)
    expect(new Set(refused)).toEqual(new Set(['Overloaded']))
    expect(answers.length - refused.length).toBeGreaterThan(100)
    await right(store.append(appending('tally-after')))
  })

  it('an event that throws when it is read is a failure of its append alone', async () => {
    const { store } = postgres(database.connect(2))
    const data = Object.defineProperty({}, 'by', { enumerable: true, get: thrower })
    const request = { ...appending('tally-getter'), events: [newEvent('Added', data)] }
    expect(await left(store.append(request))).toMatchObject({ _tag: 'UnencodableEvent' })
    await right(store.append(appending('tally-getter')))
  })
})
