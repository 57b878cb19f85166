import { openCategory } from 'reprise'
import { cli } from '../support/cli'
import { add, counter } from '../support/counter'
import { postgresReadSide, type PostgresReadSide } from '../support/postgres-read-side'
import { right } from '../support/right'

let side: PostgresReadSide
beforeAll(async () => {
  side = await postgresReadSide()
})
afterAll(() => side.close())

const SUMMARY = JSON.stringify({ type: 'Added', schemaVersion: 1, data: { amount: 2 } })
const WHY = ['--why', 'ticket 4711', '--by', 'grace']
const run = (args: ReadonlyArray<string>) => cli(['truncate', ...args, '--url', side.url])

describe('reprise truncate', () => {
  it('replaces the beginning of a stream, once its id was given, and says what is left out', async () => {
    const counters = openCategory(counter, side)
    for (let n = 0; n < 3; n++) await right(counters.handleCommand('a', add(1)))
    const args = ['counter-a', '--up-to', '2', '--summary', SUMMARY, ...WHY]
    const said = await run(args)
    expect(said).toMatchObject({ exitCode: 2, out: '' })
    expect(said.error).toContain('up to version 2 (it is at 3) would be replaced by Added')
    for (const [wrong, why] of [
      [[...args, '--yes', '--confirm', 'counter-b'], 'Nothing was truncated'],
      [['counter-a', '--summary', SUMMARY, ...WHY, '--yes'], '--up-to'],
      [['counter-a', '--up-to', '2', ...WHY, '--yes'], '--summary must be JSON'],
      [['counter-a', '--up-to', '2', '--summary', '{}', ...WHY, '--yes'], 'type'],
      [['counter-a', '--up-to', '2', '--summary', SUMMARY, '--yes'], '--why'],
      [
        [
          'counter-a',
          '--up-to',
          '9',
          '--summary',
          SUMMARY,
          ...WHY,
          '--yes',
          '--confirm',
          'counter-a',
        ],
        'no event of version 9',
      ],
    ] as const) {
      const refused = await run(wrong)
      expect(refused.exitCode).not.toBe(0)
      expect(refused.error).toContain(why)
    }
    expect(await right(counters.replayTo('a', 1))).toMatchObject({ version: 1 })

    const done = await run([...args, '--yes', '--confirm', 'counter-a', '--json'])
    expect(done).toMatchObject({ exitCode: 0, error: '' })
    expect(JSON.parse(done.out)).toMatchObject({
      truncated: { streamId: 'counter-a', upTo: 2, by: 'grace', why: 'ticket 4711' },
    })
    expect(await right(openCategory(counter, side).load('a'))).toMatchObject({
      state: { total: 3 },
      version: 3,
    })
    const verified = await cli(['verify', '--url', side.url])
    expect(verified.out).toContain('all is well')
    expect(verified.out).toContain('sees summaries of 2 events at the beginning of 1 stream')
  })
})
