import * as TE from 'fp-ts/TaskEither'
import { Client } from 'pg'
import { openCategory } from 'reprise'
import { account, deposit } from '../support/bank'
import { cli } from '../support/cli'
import { postgresReadSide, type PostgresReadSide } from '../support/postgres-read-side'
import { right } from '../support/right'

let side: PostgresReadSide
beforeAll(async () => {
  side = await postgresReadSide()
})
afterAll(() => side.close())

const run = (command: string) => cli([command, '--url', side.url])
const plant = async (statement: string): Promise<void> => {
  const client = new Client({ connectionString: side.url })
  await client.connect()
  await client.query('set session_replication_role = replica')
  await client.query(statement)
  await client.end()
}
const append = async (...ids: ReadonlyArray<string>): Promise<void> => {
  const desk = openCategory(account, side)
  for (const id of ids) {
    for (let turn = 0; turn < 3; turn++) await right(desk.handleCommand(id, deposit(1)))
  }
}

describe('reprise seal', () => {
  it('lets verify find a change that keeps every other rule, and an end that is cut off', async () => {
    await append('a', 'b', 'c')
    const sealed = await run('seal')
    expect(sealed).toMatchObject({ exitCode: 0, error: '' })
    expect(sealed.out).toContain('Sealed up to position 9.')
    await append('a', 'd') // not sealed yet
    expect(await run('verify')).toMatchObject({ exitCode: 0 })
    // Two at once, one of which is overtaken or both go on.
    const both = await Promise.all([run('seal'), run('seal')])
    expect(both.map(({ exitCode }) => exitCode)).toEqual([0, 0])
    expect(await run('verify')).toMatchObject({ exitCode: 0 })
    await append('b')
    // What an operator has erased is gone, and no defect: neither of the chains nor of anything else.
    const streamId = `${account.name}-c`
    await right(side.operator.erase({ streamId, by: 'grace', why: 'ticket 1' }))
    expect(await run('verify')).toMatchObject({ exitCode: 0 })
    const found: string[] = []
    const { upTo } = await right(side.transfer.exportStart())
    const take = (page: ReadonlyArray<{ readonly streamId: string }>) =>
      TE.fromIO(() => void found.push(...page.map((event) => event.streamId)))
    await right(side.transfer.exportEvents({ after: 0, upTo }, take))
    expect([found.length > 0, found.includes(streamId)]).toEqual([true, false])

    await plant(
      `update reprise.events set metadata = '{"actor": "mallory"}' where stream_id = '${account.name}-a' and version = 2`,
    )
    const changed = await run('verify')
    expect(changed).toMatchObject({ exitCode: 1 })
    expect(changed.out).toContain(
      `Chain: ${account.name}-a:6: it, or an event before it, is not what was sealed.`,
    )
    expect(changed.out).toContain('Broken rules: Chain 1.')

    await plant(`delete from reprise.events where stream_id = '${account.name}-d' and version = 3`)
    expect((await run('verify')).out).toContain(
      `Chain: ${account.name}-d: version 3 was sealed, and there is none.`,
    )
  })
})
