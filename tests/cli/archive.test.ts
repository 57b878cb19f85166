import { openCategory } from 'reprise'
import { account, deposit } from '../support/bank'
import { cli } from '../support/cli'
import { postgresReadSide, type PostgresReadSide } from '../support/postgres-read-side'
import { right } from '../support/right'
import { tick } from '../support/ticks'

let side: PostgresReadSide
beforeAll(async () => {
  side = await postgresReadSide()
})
afterAll(() => side.close())

const WHY = ['--why', 'older than ten years', '--by', 'grace']
const run = (args: ReadonlyArray<string>) => cli([...args, '--url', side.url])
const closed = async (id: string): Promise<string> => {
  const streamId = `${account.name}-${id}`
  await right(openCategory(account, side).handleCommand(id, deposit(1)))
  await right(side.operator.closeStream({ streamId, by: 'test', why: 'test' }))
  return streamId
}

describe('reprise archive', () => {
  it('says how many would be archived, asks for the schema, and archives nothing without both', async () => {
    const stream = await closed('a')
    const said = await run(['archive', ...WHY])
    expect(said).toMatchObject({ exitCode: 2, out: '' })
    expect(said.error).toContain('1 closed stream would be moved to the archive')
    for (const confirm of [['--confirm', 'other'], []]) {
      const wrong = await run(['archive', ...WHY, '--yes', ...confirm])
      expect(wrong.exitCode).not.toBe(0)
      expect(wrong.out).toBe('')
    }
    const silent = await run(['archive', '--yes', '--confirm', 'reprise'])
    expect(silent.error).toContain('--why')
    const never = await run(['archive', ...WHY, '--closed-before', 'never'])
    expect(never.error).toContain('--closed-before must be a date')
    const earlier = await run(['archive', ...WHY, '--yes', '--closed-before', '2020-01-01'])
    expect(earlier).toMatchObject({ exitCode: 0, error: '' })
    expect(earlier.out).toContain('0 streams')
    expect((await right(side.store.streams({ after: '', limit: 9 })))[0]?.streamId).toBe(stream)
  })

  it('archives what is closed, says what was not, and what others then do not see', async () => {
    const tagged = [{ ...tick(1), tags: ['person:ada'] }]
    const append = { streamId: 'tick-a', expectedVersion: 0, events: tagged, commands: [] }
    await right(side.store.append(append))
    await right(side.operator.closeStream({ streamId: 'tick-a', by: 'test', why: 'test' }))
    const args = ['archive', ...WHY, '--yes', '--confirm', 'reprise']
    const first = await run(args)
    expect(first).toMatchObject({ exitCode: 1, error: '' })
    expect(first.out).toContain('not archived: tick-a: The stream tick-a has events with tags')
    expect(first.out).toContain('1 stream with 1 event moved to the archive.')
    const second = await run([...args, '--leave-out-tags', '--category', 'tick', '--json'])
    expect(second).toMatchObject({ exitCode: 0, error: '' })
    expect(JSON.parse(second.out.slice(second.out.indexOf('{\n')))).toEqual({
      archived: { streams: 1, events: 1, refusals: 0, refused: [] },
    })
    expect((await run(['verify'])).out).toContain(
      'does not see 2 events of 2 streams in the archive',
    )
    expect((await run(['show', `${account.name}-a`])).out).toContain('1')
  })

  it('says what a rebuild of tags, and a subscription that begins now, do not see of it', async () => {
    const leftOut = { archivedStreams: 2, archivedEvents: 2, truncatedStreams: 0 }
    const status = await run(['subscriptions'])
    expect(status.out).toContain(
      'A subscription that begins now does not see 2 events of 2 streams in the archive.',
    )
    const machines = await run(['subscriptions', '--json'])
    expect(JSON.parse(machines.out)).toMatchObject({ subscriptions: [], leftOut })

    const tagged = { ...account, tags: (_event: unknown, id: string) => [`owner:${id}`] }
    const rebuild = (...more: ReadonlyArray<string>) =>
      cli(['tags', 'rebuild', 'bank.js', ...more, '--url', side.url], {
        importModule: async () => ({ tagged }),
      })
    const text = await rebuild()
    expect(text).toMatchObject({ exitCode: 0, error: '' })
    expect(text.out).toContain('The rebuild does not see 2 events of 2 streams in the archive.')
    const again = await rebuild('--again', '--json')
    const last = again.out.trimEnd().split('\n').at(-1) ?? ''
    expect(JSON.parse(last)).toMatchObject({ rebuilt: { category: account.name }, leftOut })
  })
})
