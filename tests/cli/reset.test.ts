import { right } from '../support/right'
import { cli } from '../support/cli'
import { postgresReadSide, type PostgresReadSide } from '../support/postgres-read-side'
import { appendTicks } from '../support/ticks'

let side: PostgresReadSide
beforeEach(async () => {
  side = await postgresReadSide()
  await appendTicks(side.store, 'counter-1', 1, 2, 3)
  await right(side.subscriptions.register({ name: 'mails', partitions: 1, position: 2 }))
})
afterEach(() => side.close())

const reset = (...args: ReadonlyArray<string>) => cli(['reset', ...args, '--url', side.url])
const position = () => right(side.subscriptions.reached('mails'))

describe('reprise reset', () => {
  it('changes nothing without --yes, and says what would be handled again', async () => {
    const { exitCode, error } = await reset('mails')
    expect(exitCode).toBe(2)
    expect(error).toMatch(
      /^reprise: mails would continue after position 0. Events after 0 are handled AGAIN, up to 2. To do it, add --yes\n$/,
    )
    expect(await position()).toBe(2)
  })

  it.each([
    ['start', 0, /AGAIN/],
    ['1', 1, /AGAIN/],
    ['end', 3, /Events after 2 up to 3 are NEVER handled/],
  ])('moves the checkpoint to %s', async (to, wanted, meaning) => {
    const { exitCode, out } = await reset('mails', '--to', to, '--yes')
    expect(exitCode).toBe(0)
    expect(out).toMatch(meaning)
    expect(await position()).toBe(wanted)
  })

  it('fails while it is running, unless --take-over is given: then the owner is fenced off', async () => {
    const { leases } = await right(side.subscriptions.claim('mails', 'worker', 60_000))
    const { exitCode, error } = await reset('mails', '--yes')
    expect(exitCode).toBe(1)
    expect(error).toMatch(/^reprise: mails is running \(owner worker, .*--take-over.*handled twice/)
    expect(await position()).toBe(2)
    expect((await reset('mails', '--yes', '--take-over')).exitCode).toBe(0)
    expect(await position()).toBe(0)
    const late = side.subscriptions.save({ lease: leases[0]!, after: 2, position: 3 })
    expect(await late()).toMatchObject({ left: { _tag: 'LeaseLost' } })
  })

  it('rejects a position that subscribers cannot read yet, and what is no position', async () => {
    expect((await reset('mails', '--to', '4', '--yes')).error).toMatch(/can read up to 3 only/)
    expect((await reset('mails', '--to', 'noon', '--yes')).exitCode).toBe(2)
    expect(await position()).toBe(2)
  })

  it('sends to rebuild when documents would become wrong', async () => {
    await right(
      side.documents.activate('totals', { version: 1, build: 1, collection: 'totals@1.1' }),
    )
    await right(side.subscriptions.register({ name: 'totals@1.1', partitions: 1, position: 3 }))
    const { exitCode, error } = await reset('totals', '--yes')
    expect(exitCode).toBe(1)
    expect(error).toMatch(/npx reprise rebuild totals --module/)
    expect(await right(side.subscriptions.reached('totals@1.1'))).toBe(3)
  })
})
