import { join } from 'node:path'
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

const tagged = { ...account, tags: (_event: unknown, id: string) => [`owner:${id}`] }
const run = (...args: ReadonlyArray<string>) =>
  cli(['tags', ...args, '--url', side.url], {
    folder: '/application',
    importModule: async (path) => {
      expect(path).toBe(join('/application', 'bank.js'))
      return { tagged, account, unrelated: 1 }
    },
  })

describe('reprise tags', () => {
  it('says that there are none, and then rebuilds those of a module, with progress', async () => {
    expect(await run('status')).toMatchObject({ exitCode: 0, out: 'No category declares tags.\n' })
    for (const id of ['a', 'b', 'c']) {
      await right(openCategory(account, side).handleCommand(id, deposit(1)))
    }
    await right(openCategory(tagged, side).handleCommand('a', deposit(1)))
    const incomplete = await run('status')
    expect(incomplete).toMatchObject({ exitCode: 1 })
    expect(incomplete.out).toContain(`${account.name}: not complete`)

    const finding = (await right(side.operator.examine())).find(({ check }) => check === 'tags')
    expect(finding).toMatchObject({ level: 'problem' })
    expect(finding?.advice).toContain('npx reprise tags rebuild')

    const rebuilt = await run('rebuild', 'bank.js')
    expect({ ...rebuilt, out: '' }).toMatchObject({ exitCode: 0, error: '' })
    expect(rebuilt.out).toContain('100 %')
    expect(rebuilt.out).toContain(`${account.name}: complete`)
    const query = [{ tags: ['owner:b'] }] as const
    const { events } = await right(side.store.readMatching(query, { limit: 10 }))
    expect(events).toHaveLength(1)
    const machines = await run('status', '--json')
    expect(JSON.parse(machines.out)).toMatchObject({
      categories: [{ category: account.name, complete: true, enforced: true }],
    })
    const again = await run('rebuild', 'bank.js', '--again', '--json')
    expect(again.out).toContain('"rebuilt"')
  })

  it('refuses a module, or a name, without a category that has tags', async () => {
    const other = await run('rebuild', 'bank.js', '--category', 'none')
    expect(other).toMatchObject({ exitCode: 1, out: '' })
    expect(other.error).toContain(`${account.name}, but not none`)
  })
})
