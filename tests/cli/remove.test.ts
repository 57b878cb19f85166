import { cli } from '../support/cli'
import { postgresReadSide, type PostgresReadSide } from '../support/postgres-read-side'
import { right } from '../support/right'

let side: PostgresReadSide
beforeEach(async () => {
  side = await postgresReadSide()
  await right(side.subscriptions.register({ name: 'mails', partitions: 1, position: 2 }))
})
afterEach(() => side.close())

const remove = (...args: ReadonlyArray<string>) => cli(['remove', ...args, '--url', side.url])
const reached = (name = 'mails') => right(side.subscriptions.reached(name))

describe('reprise remove', () => {
  it('changes nothing without --yes, and says what that would mean', async () => {
    const { exitCode, error } = await remove('mails')
    expect(exitCode).toBe(2)
    expect(error).toMatch(/^reprise: mails would be removed. .* To do it, add --yes\n$/)
    expect(await reached()).toBe(2)
  })

  it('forgets the subscription, and no other', async () => {
    await right(side.subscriptions.register({ name: 'others', partitions: 1, position: 3 }))
    const { exitCode, out } = await remove('mails', '--yes', '--json')
    expect(exitCode).toBe(0)
    expect(JSON.parse(out)).toEqual({ subscription: 'mails', removed: true })
    expect([await reached(), await reached('others')]).toEqual([undefined, 3])
  })

  it('rejects while it is running, unless it is forced to: then the owner is fenced off', async () => {
    const { leases } = await right(side.subscriptions.claim('mails', 'worker', 60_000))
    const { exitCode, error } = await remove('mails', '--yes')
    expect(exitCode).toBe(1)
    expect(error).toMatch(/^reprise: mails is running \(owner worker, .*--force/)
    expect(await reached()).toBe(2)
    expect((await remove('mails', '--yes', '--force')).exitCode).toBe(0)
    const late = side.subscriptions.save({ lease: leases[0]!, after: 2, position: 3 })
    expect(await late()).toMatchObject({ left: { _tag: 'LeaseLost' } })
  })

  it('leaves the checkpoint of documents alone', async () => {
    await right(
      side.documents.activate('totals', { version: 1, build: 1, collection: 'totals@1.1' }),
    )
    await right(side.subscriptions.register({ name: 'totals@1.1', partitions: 1, position: 3 }))
    const { exitCode, error } = await remove('totals', '--yes', '--force')
    expect(exitCode).toBe(1)
    expect(error).toMatch(/npx reprise rebuild totals --module/)
    expect(await reached('totals@1.1')).toBe(3)
  })
})
