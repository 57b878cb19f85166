import type { StoredEvent } from '../../src/core/recorded-event'
import { cli } from '../support/cli'
import { postgresReadSide, type PostgresReadSide } from '../support/postgres-read-side'
import { appendTicks } from '../support/ticks'

let side: PostgresReadSide
beforeEach(async () => {
  side = await postgresReadSide()
})
afterEach(() => side.close())

const tail = (...args: ReadonlyArray<string>) => cli(['tail', ...args, '--url', side.url])
const positions = (out: string): ReadonlyArray<number> =>
  out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => (JSON.parse(line) as StoredEvent).position)

/** A tail that runs until `stop`. */
const following = (...args: ReadonlyArray<string>) => {
  let interrupt: () => void = () => undefined
  let text = ''
  let wake: () => void = () => undefined
  const ended = cli(['tail', '--json', ...args, '--url', side.url], {
    onInterrupt: (stop) => {
      interrupt = stop
      return () => undefined
    },
    onOutput: (out) => {
      text = out
      wake()
    },
  })
  return {
    until: async (number: number) => {
      while (positions(text).length < number) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
      return positions(text)
    },
    stop: () => {
      interrupt()
      return ended
    },
  }
}

describe('reprise tail', () => {
  it('prints a line of at most 80 columns for each event from the start', async () => {
    await appendTicks(side.store, 'counter-1', 1, 2)
    const { exitCode, out } = await cli(
      ['tail', '--from', 'start', '--no-follow', '--url', side.url],
      { columns: 80 },
    )
    expect(exitCode).toBe(0)
    for (const line of out.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
    expect(out).toMatch(/^POSITION +RECORDED \(UTC\) +STREAM +TYPE +DATA\n/)
    expect(out).toMatch(/\n2 +20\S+ \S+ +counter-1@2 +Ticked +\{"by":2\}\n$/)
  })

  it('prints more events than a page holds, each once and in order', async () => {
    const all = await appendTicks(side.store, 'counter-1', ...Array.from({ length: 450 }, () => 1))
    const { out } = await tail('--from', 'start', '--no-follow', '--json')
    expect(positions(out)).toEqual(all)
  })

  it('prints only the wanted categories and types, after a position', async () => {
    await appendTicks(side.store, 'counter-1', 1, 2)
    await appendTicks(side.store, 'other-1', 1)
    await appendTicks(side.store, 'third-1', 1)
    const wanted = ['--category', 'counter', '--category', 'other', '--type', 'Ticked']
    const { out } = await tail('--after', '1', ...wanted, '--no-follow', '--json')
    expect(positions(out)).toEqual([2, 3])
    expect((await tail('--after', '0', '--type', 'Reset', '--no-follow', '--json')).out).toBe('')
  })

  it('prints what comes later, from the end on, until it is interrupted', async () => {
    await appendTicks(side.store, 'counter-1', 1)
    const first = following('--after', '0')
    await first.until(1) // so it has begun
    const [later] = await appendTicks(side.store, 'counter-1', 2)
    expect(await first.until(2)).toEqual([1, later])
    expect(await first.stop()).toMatchObject({ exitCode: 0, error: '' })
    expect((await tail('--no-follow', '--json')).out).toBe('')
  })

  it('never prints an event before one that is committed late', async () => {
    const late = await side.db.startTransaction().execute()
    const [low] = await appendTicks(side.store.inTransaction(late), 'counter-1', 1)
    const [high] = await appendTicks(side.store, 'counter-2', 1)
    expect((await tail('--after', '0', '--no-follow', '--json')).out).toBe('')
    const seen = following('--after', '0')
    await late.commit().execute()
    expect(await seen.until(2)).toEqual([low, high])
    await seen.stop()
  })

  it.each([
    [['--from', 'middle'], /--from must be start or end/],
    [['--after', 'x'], /--after must be a whole number/],
    [['--after', '1', '--from', 'end'], /not both/],
  ])('rejects %j with exit code 2', async (args, message) => {
    const { exitCode, error } = await tail(...args)
    expect(exitCode).toBe(2)
    expect(error).toMatch(message)
  })
})
