import { cli } from '../support/cli'
import { postgresReadSide, type PostgresReadSide } from '../support/postgres-read-side'
import { right } from '../support/right'
import { appendTicks } from '../support/ticks'

let side: PostgresReadSide
beforeEach(async () => {
  side = await postgresReadSide()
  await right(side.subscriptions.register({ name: 'booking mails', partitions: 1, position: 2 }))
})
afterEach(() => side.close())

const reprise = (...args: ReadonlyArray<string>) => cli([...args, '--url', side.url])
const claimed = async (name = 'booking mails') =>
  (await right(side.subscriptions.claim(name, 'worker', 60_000))).leases

/** Holds back streams with an event each. */
const hold = async (count: number) => {
  const [lease] = await claimed()
  for (let position = 3; position < 3 + count; position++) {
    const stream = {
      streamId: `counter-${position}`,
      version: 1,
      position,
      eventId: crypto.randomUUID(),
      type: 'Ticked',
      attempts: 5,
      failure: { message: `no ${position}`, stack: Array(30).fill('at a line').join('\n') },
    }
    const holding = { _tag: 'Hold', stream } as const
    const step = { lease: lease!, after: position - 1, position, holding }
    await right(side.subscriptions.save(step))
  }
  await right(side.subscriptions.release(lease!))
}

describe('reprise pause', () => {
  it('lets no program run the subscription until it is unpaused', async () => {
    const { exitCode, out } = await reprise('pause', 'booking mails')
    expect(exitCode).toBe(0)
    expect(out).toMatch(/To resume it: npx reprise unpause "booking mails"\n$/)
    expect(await claimed()).toEqual([])
    expect((await reprise('subscriptions', 'booking mails')).out).toMatch(
      /^STATE[^]*\npaused [^]*paused since .* UTC\n {2}-> npx reprise unpause "booking mails"/,
    )
    expect(JSON.parse((await reprise('unpause', 'booking mails', '--json')).out)).toEqual({
      subscription: 'booking mails',
      paused: false,
    })
    expect(await claimed()).toHaveLength(1)
  })
})

describe('reprise rename', () => {
  it('keeps the checkpoint under the new name, once it is confirmed', async () => {
    expect(await reprise('rename', 'booking mails', 'letters')).toMatchObject({
      exitCode: 2,
      error: expect.stringMatching(
        /^reprise: booking mails would be renamed to letters\. .*add --yes/,
      ),
    })
    expect((await reprise('rename', 'booking mails', 'letters', '--yes')).exitCode).toBe(0)
    expect(await right(side.subscriptions.reached('letters'))).toBe(2)
    expect(await reprise('rename', 'booking mails', 'letters', '--yes')).toMatchObject({
      exitCode: 1,
      error: 'reprise: There is no subscription booking mails. There is: letters.\n',
    })
  })

  it('rejects while it is running, unless it is forced to', async () => {
    await claimed()
    const { exitCode, error } = await reprise('rename', 'booking mails', 'letters', '--yes')
    expect(exitCode).toBe(1)
    expect(error).toMatch(/is running \(owner worker, last heartbeat \d s ago\).*--force/)
    const forced = await reprise('rename', 'booking mails', 'letters', '--yes', '--force')
    expect(forced.out).toMatch(/^booking mails is now called letters\./)
  })

  it('calls a process manager by its own name', async () => {
    await right(
      side.subscriptions.register({ name: 'process:transfers', partitions: 1, position: 7 }),
    )
    const { out } = await reprise('rename', 'transfers', 'payments', '--yes', '--json')
    expect(JSON.parse(out)).toEqual({
      subscription: 'process:transfers',
      renamed: 'process:payments',
    })
    expect(await right(side.subscriptions.reached('process:payments'))).toBe(7)
  })
})

describe('reprise repartition', () => {
  it('gives another number of partitions, once it is confirmed', async () => {
    const args = ['repartition', 'booking mails', '3']
    expect((await reprise(...args)).error).toMatch(/3 partitions instead of 1\..*add --yes/)
    expect((await reprise(...args, '--yes')).out).toMatch(
      /^booking mails has 3 partitions, at position 2\./,
    )
    expect(await claimed()).toHaveLength(3)
    expect((await reprise('repartition', 'booking mails', 'two')).exitCode).toBe(2)
  })

  it('says that partitions are apart, and continues from the lowest on request', async () => {
    await appendTicks(side.store, 'counter-1', 1, 2, 3, 4, 5)
    await right(side.operator.repartition('booking mails', quietly))
    const [first] = await claimed()
    await right(side.subscriptions.save({ lease: first!, after: 2, position: 5 }))
    for (const lease of await claimed()) await right(side.subscriptions.release(lease))
    const args = ['repartition', 'booking mails', '1', '--yes']
    expect((await reprise(...args)).error).toMatch(/between positions 2 and 5/)
    expect((await reprise(...args, '--from-lowest')).out).toMatch(
      /at position 2\. .*Events after 2 are handled AGAIN, up to 5/,
    )
  })
  const quietly = { partitions: 2, owners: 'refuse', apart: 'refuse' } as const
})

describe('many held events', () => {
  it('are summarised, with the top of each stack, unless more is requested', async () => {
    await hold(12)
    const { out } = await reprise('subscriptions', 'booking mails')
    expect(out.split('\n').length).toBeLessThan(70)
    expect(out.match(/from version 1 on/g)).toHaveLength(5)
    expect(out).toContain('(--json shows the whole stack)')
    expect(out).toContain('... and 7 more. To see them, add: --limit <n>')
    const all = await reprise('subscriptions', 'booking mails', '--limit', '12')
    expect(all.out.match(/from version 1 on/g)).toHaveLength(12)
    expect(all.out).not.toContain('To see them')
  })

  it('are all there for machines, with the whole stack', async () => {
    await hold(7)
    const { held, more } = JSON.parse(
      (await reprise('subscriptions', 'booking mails', '--json')).out,
    ) as { held: ReadonlyArray<{ failure: { stack: string } }>; more: object }
    expect([held.length, more]).toEqual([7, { held: false, commands: false }])
    expect(held[0]?.failure.stack.split('\n')).toHaveLength(30)
  })

  it('are all tried again in one go', async () => {
    await hold(7)
    const { out } = await reprise('retry', 'booking mails', '--json')
    expect((JSON.parse(out) as { events: ReadonlyArray<object> }).events).toHaveLength(7)
    expect((await reprise('retry', 'booking mails')).out).toMatch(
      /To see how it went|No program runs booking mails now/,
    )
  })
})

describe('hints', () => {
  it('quote names that a shell would take apart', async () => {
    await hold(1)
    const { out } = await reprise('subscriptions', 'booking mails')
    expect(out).toContain('-> npx reprise retry "booking mails" [--stream <id>]')
    await right(side.operator.decide('booking mails', 'skip', [3]))
    const { out: decided } = await reprise('retry', 'booking mails')
    expect(decided).toMatch(/Will be retried: Ticked at position 3/)
  })
})
