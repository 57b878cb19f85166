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
const run = async (args: ReadonlyArray<string>, typed?: string) => {
  const asked: string[] = []
  const ask = async (question: string) => {
    asked.push(question)
    return typed ?? ''
  }
  const said = await cli([...args, '--url', side.url], typed === undefined ? {} : { ask })
  return { ...said, asked }
}
const written = async (id: string): Promise<string> => {
  for (const amount of [1, 2]) {
    await right(openCategory(account, side).handleCommand(id, deposit(amount)))
  }
  return `${account.name}-${id}`
}
const audited = async (subject: string) => {
  const { entries } = await right(side.operator.audit({ before: 1e9, limit: 100 }))
  return entries.filter((entry) => entry.subject === subject)
}

describe('reprise close', () => {
  it('says what would be closed, and asks for the id, and closes nothing without both', async () => {
    const stream = await written('a')
    const said = await run(['close', stream, ...WHY], stream)
    expect(said).toMatchObject({ exitCode: 2, out: '', asked: [] })
    expect(said.error).toContain(`${stream} would take no events any more: its 2 events stay`)
    const wrong = await run(['close', stream, ...WHY, '--yes'], `${stream}x`)
    expect(wrong).toMatchObject({ exitCode: 1, out: '' })
    expect(wrong.asked).toHaveLength(1)
    const nobody = await run(['close', stream, ...WHY, '--yes'])
    expect(nobody.error).toContain(`--confirm ${stream}`)
    const silent = await run(['close', stream, '--yes', '--confirm', stream])
    expect(silent.error).toContain('--why')
    const elsewhere = await run([
      'close',
      stream,
      ...WHY,
      '--yes',
      '--confirm',
      stream,
      '--at',
      '1',
    ])
    expect(elsewhere).toMatchObject({ exitCode: 1, out: '' })
    expect(elsewhere.error).toContain(`${stream} is at version 2`)
    expect(await audited(stream)).toEqual([])
    expect(await written('a')).toBe(stream)
  })

  it('closes a stream, says so in the audit, and the same when it is run again', async () => {
    const stream = await written('b')
    const args = ['close', stream, ...WHY, '--yes', '--confirm', stream, '--at', '2', '--json']
    const first = await run(args)
    expect(first).toMatchObject({ exitCode: 0, error: '' })
    expect(JSON.parse(first.out)).toMatchObject({
      closed: { streamId: stream, by: 'grace', why: 'ticket 4711', version: 2 },
    })
    expect(await run(args)).toMatchObject({ exitCode: 0, out: first.out })
    expect(await audited(stream)).toMatchObject([{ action: 'close', operator: 'grace' }])
    const refused = openCategory(account, side).handleCommand('b', deposit(3))
    expect(await left(refused)).toMatchObject({ _tag: 'StreamClosed', streamId: stream })
    expect((await run(['show', stream])).out).toContain('2')
  })
})

describe('reprise forget', () => {
  it('says what would be forgotten, and asks for the id, and forgets nothing without both', async () => {
    await right(side.subjectKeys.add([{ subject: 'c-1', masterKey: 'one', wrapped: 'AAAA' }]))
    const said = await run(['forget', 'c-1', ...WHY], 'c-1')
    expect(said).toMatchObject({ exitCode: 2, out: '', asked: [] })
    expect(said.error).toContain('The key of c-1 would be destroyed for ever')
    const wrong = await run(['forget', 'c-1', ...WHY, '--yes'], 'c-2')
    expect(wrong).toMatchObject({ exitCode: 1, out: '' })
    expect(wrong.error).toContain('Nothing was forgotten')
    const silent = await run(['forget', 'c-1', '--yes', '--confirm', 'c-1'])
    expect(silent.error).toContain('--why')
    expect(await right(side.subjectKeys.find(['c-1']))).toMatchObject([{ wrapped: 'AAAA' }])
  })

  it('destroys the key, says so in the audit, and the same when it is run again', async () => {
    await right(side.subjectKeys.add([{ subject: 'c-3', masterKey: 'one', wrapped: 'AAAA' }]))
    const args = ['forget', 'c-3', ...WHY, '--yes', '--json']
    const first = await run(args, 'c-3\n')
    expect(first).toMatchObject({ exitCode: 0, error: '' })
    expect(JSON.parse(first.out)).toMatchObject({
      forgotten: { subject: 'c-3', by: 'grace', why: 'ticket 4711' },
    })
    expect(await run(args, 'c-3')).toMatchObject({ exitCode: 0, out: first.out })
    expect(await audited('c-3')).toMatchObject([{ action: 'forget', operator: 'grace' }])
    expect(JSON.stringify(await right(side.subjectKeys.find(['c-3'])))).not.toContain('AAAA')
    const none = await run(['forget', 'c-4', ...WHY, '--yes', '--confirm', 'c-4'])
    expect(none).toMatchObject({ exitCode: 1, out: '' })
    expect(none.error).toContain('has no personal data here')
  })
})
