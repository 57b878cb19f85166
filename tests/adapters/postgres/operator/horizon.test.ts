import { holderAdvice, type HorizonHolder } from '../../../../src/core/operator/horizon'
import { postgresReadSide, type PostgresReadSide } from '../../../support/postgres-read-side'
import { right } from '../../../support/right'
import { appendTicks } from '../../../support/ticks'

const holder: HorizonHolder = {
  position: 0,
  pid: 7,
  application: 'importer',
  user: 'postgres',
  state: 'idle in transaction',
  age: 20_000,
  statement: 'select 1',
  advice: undefined,
}

describe('the advice about a transaction that holds the horizon back', () => {
  it.each([
    ['says nothing about one that is as young as appends are', { age: 9_999 }, undefined],
    ['says nothing about one whose age is not known', { age: undefined }, undefined],
    ['ends an old one that waits for its client', {}, /pg_terminate_backend\(7\)/],
    ['lets an old one that works go on', { state: 'active' }, /^(?!.*terminate).*still working/],
    ['names the list of prepared ones', { pid: undefined }, /pg_prepared_xacts/],
    ['says nothing about a young prepared one', { pid: undefined, age: 1 }, undefined],
  ])('%s', (_name, change, expected) => {
    const advice = holderAdvice({ ...holder, ...change }, 10_000)
    if (expected === undefined) expect(advice).toBeUndefined()
    else expect(advice).toMatch(expected)
  })
})

describe('the horizon', () => {
  let side: PostgresReadSide
  beforeAll(async () => {
    side = await postgresReadSide()
  })
  afterAll(() => side.close())

  it('is held back by an open append, whose statement is shown in one line', async () => {
    const transaction = await side.db.startTransaction().execute()
    await appendTicks(side.store.inTransaction(transaction), 'counter-1', 1, 2)
    const { horizon, last, holders } = await right(side.operator.horizon())
    expect([horizon, last]).toEqual([0, 2])
    expect(holders).toEqual([
      {
        position: 0,
        pid: expect.any(Number),
        application: undefined,
        user: 'postgres',
        state: 'idle in transaction',
        age: expect.any(Number),
        statement: expect.stringMatching(/^[^\n/]{1,200}$/),
        advice: undefined,
      },
    ])
    await transaction.commit().execute()
    expect(await right(side.operator.horizon())).toEqual({ horizon: 2, last: 2, holders: [] })
  })
})
