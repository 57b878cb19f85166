import { Client } from 'pg'
import { runProjection } from 'reprise'
import { totals } from '../support/balances'
import { cli } from '../support/cli'
import { eventually } from '../support/eventually'
import { postgresReadSide, type PostgresReadSide } from '../support/postgres-read-side'
import { right } from '../support/right'
import { running } from '../support/running'
import { appendTicks } from '../support/ticks'

let side: PostgresReadSide
beforeAll(async () => {
  side = await postgresReadSide()
  await right(side.subscriptions.register({ name: 'mails', partitions: 1, position: 0 }))
  await right(side.subscriptions.register({ name: 'letters', partitions: 1, position: 0 }))
})
afterAll(() => side.close())

const reprise = (args: ReadonlyArray<string>, outside = {}) =>
  cli([...args, '--url', side.url], outside)

/** What the audit has of some commands, oldest first. */
const recordedBy = async (run: () => Promise<unknown>) => {
  const all = async () => (await right(side.operator.audit({ before: 1e9, limit: 100 }))).entries
  const before = (await all()).length
  await run()
  const entries = await all()
  return entries
    .slice(0, entries.length - before)
    .reverse()
    .map(({ operator, action, subject, detail, outcome }) => [
      operator,
      action,
      subject,
      detail,
      outcome,
    ])
}

describe('what is done on the command line', () => {
  it('stands in the audit once, with who has done it and how it went', async () => {
    const hold = async () => {
      const [lease] = (await right(side.subscriptions.claim('mails', 'worker', 60_000))).leases
      const stream = {
        ...{ streamId: 'counter-3', version: 1, position: 3, eventId: crypto.randomUUID() },
        ...{ type: 'Ticked', attempts: 5, failure: { message: 'no' } },
      }
      const holding = { _tag: 'Hold', stream } as const
      await right(side.subscriptions.save({ lease: lease!, after: 0, position: 3, holding }))
      await right(side.subscriptions.release(lease!))
    }
    await hold()
    const environment = { REPRISE_OPERATOR: 'grace' }
    const recorded = await recordedBy(async () => {
      await reprise(['retry', 'mails', '--position', '7'])
      await reprise(['skip', 'mails', '--stream', 'counter-3', '--by', 'linus'])
      await reprise(['pause', 'mails'], { environment })
      await reprise(['unpause', 'mails', '--by', 'linus'], { environment })
      await reprise(['repartition', 'mails', '2', '--yes'])
      await reprise(['reset', 'mails', '--to', '0', '--yes', '--take-over'])
      await reprise(['rename', 'mails', 'letters', '--yes'])
      await reprise(['rename', 'mails', 'notes', '--yes'])
      await reprise(['remove', 'notes', '--yes'])
      await reprise(['doctor', '--new-lineage', '--yes'])
    })
    expect(recorded).toEqual([
      ['ada', 'retry', 'mails', { positions: [7] }, 'failed'],
      ['linus', 'skip', 'mails', { stream: 'counter-3' }, 'done'],
      ['grace', 'pause', 'mails', {}, 'done'],
      ['linus', 'unpause', 'mails', {}, 'done'],
      ['ada', 'repartition', 'mails', { partitions: 2 }, 'done'],
      ['ada', 'reset', 'mails', { position: 0, forced: true }, 'done'],
      ['ada', 'rename', 'mails', { to: 'letters' }, 'failed'],
      ['ada', 'rename', 'mails', { to: 'notes' }, 'done'],
      ['ada', 'remove', 'notes', {}, 'done'],
      ['ada', 'new lineage', 'reprise', {}, 'done'],
    ])
  })

  it('stands there for builds of projections, too', async () => {
    const [last] = await appendTicks(side.store, 'counter-1', 1)
    const projection = running((signal) =>
      runProjection(totals(), { maxPollInterval: 20, leaseDuration: 1_000 })(side, { signal }),
    )
    await eventually(async () => (await right(side.subscriptions.reached('totals@1.1'))) === last)
    await projection.stop()
    const importModule = async () => ({ default: totals() })
    const recorded = await recordedBy(async () => {
      await reprise(['rebuild', 'totals', '--module', 'totals.js'], { importModule })
      await reprise(['rollback', 'totals', '--yes'])
    })
    expect(recorded).toEqual([
      ['ada', 'rebuild', 'totals', { version: 1, keepFor: 86_400 }, 'done'],
      [
        'ada',
        'rollback',
        'totals',
        { from: { version: 1, build: 2 }, to: { version: 1, build: 1 } },
        'done',
      ],
    ])
  })

  it('is not done when it only says what it would do, or cannot be recorded', async () => {
    const role = `operator_${crypto.randomUUID().slice(0, 8)}`
    const owner = new Client({ connectionString: side.url })
    await owner.connect()
    await owner.query(`
      create role ${role} login password 'app';
      grant usage on schema reprise to ${role};
      grant select, insert, update, delete on all tables in schema reprise to ${role};
      grant usage, select on all sequences in schema reprise to ${role};
      revoke insert on reprise.audit from ${role}`)
    const url = new URL(side.url)
    url.username = role
    url.password = 'app'
    const recorded = await recordedBy(async () => {
      expect((await reprise(['remove', 'letters'])).exitCode).toBe(2)
      const denied = await cli(['pause', 'letters', '--url', url.href])
      expect(denied).toMatchObject({
        exitCode: 1,
        error: expect.stringContaining('permission denied for table audit'),
      })
      const { out } = await cli(['doctor', '--url', url.href])
      expect(out).toContain(`${role} may not record what an operator does`)
    })
    await owner.query(`drop owned by ${role}; drop role ${role}`)
    await owner.end()
    expect(recorded).toEqual([])
    const [letters] = await right(side.operator.status('letters'))
    expect(letters?.state).toBe('no owner')
  })
})
