import { CompiledQuery } from 'kysely'
import { migratedDatabase, type MigratedDatabase } from '../../../support/postgres'

let database: MigratedDatabase<unknown>
beforeAll(async () => {
  database = await migratedDatabase()
})
afterAll(() => database.close())

describe('the values of a prepared statement', () => {
  it('arrive as they were sent, whatever they hold, and one that is refused breaks nothing', async () => {
    const db = database.connect(1, 'prepareAll')
    const echo = (value: string | null) =>
      db.executeQuery<{ value: string | null; other: number }>(
        CompiledQuery.raw('select $1::text as value, $2::integer as other', [value, 7]),
      )
    const values = ['', null, 'a', 'ä€😀', '\\x"{}', "'", '\n\u0001', 'é'.repeat(1_000_000)]
    for (const value of [...values, ...values.toReversed()]) {
      expect((await echo(value)).rows).toEqual([{ value, other: 7 }])
    }
    await expect(echo('x\u0000y')).rejects.toMatchObject({ code: '22021' })
    // Half a character, as the encoding of a text says.
    expect((await echo('\ud800x')).rows).toEqual([{ value: '\ufffdx', other: 7 }])
    expect((await echo('still there')).rows).toEqual([{ value: 'still there', other: 7 }])
  })
})
