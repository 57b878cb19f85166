import { openCategory } from 'reprise'
import { account, deposit } from '../support/bank'
import { cli } from '../support/cli'
import { postgresReadSide, type PostgresReadSide } from '../support/postgres-read-side'
import { left, right } from '../support/right'

let side: PostgresReadSide
beforeAll(async () => {
  side = await postgresReadSide()
})
afterAll(() => side.close())

const WHY = ['--why', 'ticket 4711', '--by', 'grace']
const erase = (args: ReadonlyArray<string>, typed?: string) => {
  const asked: string[] = []
  const ask = async (question: string) => {
    asked.push(question)
    return typed ?? ''
  }
  return cli(['erase', ...args, '--url', side.url], typed === undefined ? {} : { ask }).then(
    (said) => ({ ...said, asked }),
  )
}
const written = async (id: string): Promise<string> => {
  for (const amount of [1, 2]) {
    await right(openCategory(account, side).handleCommand(id, deposit(amount)))
  }
  return `${account.name}-${id}`
}
const entries = async () => (await right(side.operator.audit({ before: 1e9, limit: 100 }))).entries

describe('reprise erase', () => {
  it('says what would be erased, and erases nothing, without --yes', async () => {
    const stream = await written('a')
    const said = await erase([stream, ...WHY, '--document', 'balances/a'], stream)
    expect(said).toMatchObject({ exitCode: 2, out: '', asked: [] })
    expect(said.error).toContain(`${stream} would be erased for ever: its 2 events`)
    expect(said.error).toContain('1 document')
    expect(said.error).toContain('add --yes')
    expect(await right(side.store.version(stream))).toBe(2)
  })

  it('erases nothing unless the id of the stream is typed', async () => {
    const stream = await written('b')
    const wrong = await erase([stream, ...WHY, '--yes'], `${stream}x`)
    expect(wrong).toMatchObject({ exitCode: 1, out: '' })
    expect(wrong.asked).toHaveLength(1)
    expect(wrong.error).toContain('Nothing was erased')
    const nobody = await erase([stream, ...WHY, '--yes'])
    expect(nobody).toMatchObject({ exitCode: 2, out: '' })
    expect(nobody.error).toContain(`--confirm ${stream}`)
    expect(await right(side.store.version(stream))).toBe(2)
    expect(await entries()).toEqual([])
  })

  it('refuses without a reason, and a document that names no projection', async () => {
    const stream = await written('c')
    const silent = await erase([stream, '--yes', '--confirm', stream])
    expect(silent).toMatchObject({ exitCode: 2, out: '' })
    expect(silent.error).toContain('--why')
    const nameless = await erase([stream, ...WHY, '--yes', '--confirm', stream, '--document', 'a'])
    expect(nameless).toMatchObject({ exitCode: 2, out: '' })
    expect(nameless.error).toContain('<projection>/<key>')
    expect(await right(side.store.version(stream))).toBe(2)
  })

  it('erases it with its documents once the id is typed, and says so in the audit', async () => {
    const stream = await written('d')
    const counted = async () => {
      const found = await side.pool.query("select from reprise.documents where key = 'd'")
      return found.rowCount
    }
    await side.pool.query(
      "insert into reprise.documents (collection, key, value) values ('balances', 'd', '{}')",
    )
    expect(await counted()).toBe(1)
    const said = await erase([stream, ...WHY, '--yes', '--document', 'balances/d'], `${stream}\n`)
    expect(said).toMatchObject({ exitCode: 0, error: '' })
    expect(said.out).toContain(`${stream} is erased: 2 events, by grace.`)
    expect(await left(side.store.version(stream))).toMatchObject({ _tag: 'StreamErased' })
    expect(await counted()).toBe(0)
    expect(await entries()).toMatchObject([
      { operator: 'grace', action: 'erase', subject: stream, outcome: 'done' },
    ])
  })

  it('says for a program what was written down, and the same when it is run again', async () => {
    const stream = await written('e')
    const args = [stream, ...WHY, '--json']
    const first = await erase([...args, '--yes', '--confirm', stream])
    expect(first).toMatchObject({ exitCode: 0, error: '' })
    expect(JSON.parse(first.out)).toMatchObject({
      erased: { streamId: stream, by: 'grace', why: 'ticket 4711', events: 2 },
    })
    expect(await erase(args)).toMatchObject({ exitCode: 0, out: first.out })
  })

  it('says that a stream has no events', async () => {
    const stream = `${account.name}-none`
    const said = await erase([stream, ...WHY, '--yes', '--confirm', stream])
    expect(said).toMatchObject({ exitCode: 1, out: '' })
    expect(said.error).toContain('has no events')
  })
})
