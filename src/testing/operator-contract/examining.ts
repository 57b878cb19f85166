import assert from 'node:assert/strict'
import { pause } from '../eventually'
import { same, succeeds } from '../store-contract/checks'
import { aProjection } from './moving'
import {
  appended,
  type Suite,
  claimOne,
  firstOf,
  FAILURE,
  heldStream,
  hold,
  type Operated,
  parkedCommand,
  registered,
  stepTo,
} from './subject'

const findingsOf = async ({ operator }: Operated) => {
  const findings = await succeeds(operator.examine())
  return (name: string) => {
    const finding = findings.find(({ check }) => check === name)
    assert.ok(finding !== undefined, `there is no check called ${name}`)
    return finding
  }
}

/** How far subscribers can read, and what does not work as it should. */
export const examining: Suite = {
  name: 'examining',
  tests: {
    'lets subscribers read up to the last position that is committed': async (subject) => {
      const { operator } = subject
      same(await succeeds(operator.horizon()), { horizon: 0, last: 0, holders: [] })
      const last = (await appended(subject, 'counter-1', ['a', 'b', 'c'])).at(-1)
      same(await succeeds(operator.horizon()), { horizon: last, last, holders: [] })
    },
    'finds nothing wrong with an empty store, by checks with names of their own': async (
      subject,
    ) => {
      const findings = await succeeds(subject.operator.examine())
      same(
        findings.filter(({ level }) => level !== 'ok'),
        [],
      )
      const names = findings.map(({ check }) => check)
      same(names.length, new Set(names).size)
      for (const { message } of findings) assert.ok(message.length > 0, 'a finding has a message')
    },
    'finds nothing wrong with a subscription that runs': async (subject) => {
      await registered(subject, 'mails')
      await claimOne(subject, 'mails')
      const finding = await findingsOf(subject)
      for (const name of ['owners', 'parked', 'projections']) same(finding(name).level, 'ok')
    },
    'finds a stopped partition, and says how to let it continue': async (subject) => {
      await registered(subject, 'booking list')
      await succeeds(subject.subscriptions.stop(await claimOne(subject, 'booking list'), FAILURE))
      const { level, message, advice = '' } = (await findingsOf(subject))('owners')
      same(level, 'problem')
      assert.match(message, /booking list/)
      assert.match(advice, /retry "booking list"/)
    },
    'warns of a subscription without an owner, and of one that is paused': async (subject) => {
      const { operator } = subject
      await registered(subject, 'mails')
      await pause()
      const lonely = (await findingsOf(subject))('owners')
      same(lonely.level, 'warning')
      assert.match(lonely.message, /without an owner: mails/)
      await succeeds(operator.pause('mails'))
      const paused = (await findingsOf(subject))('owners')
      same(paused.level, 'warning')
      assert.match(paused.message, /paused: mails/)
      assert.match(paused.advice ?? '', /unpause mails/)
    },
    'warns of an instance that gets no work because of its filter': async (subject) => {
      const { subscriptions } = subject
      await registered(subject, 'mails', { types: ['A', 'B'], categories: ['x'] })
      same((await findingsOf(subject))('filters').level, 'ok')
      const filter = { types: ['A'], categories: [] }
      await succeeds(subscriptions.claim('mails', 'old', 60_000, { filter }))
      const { level, message, advice } = (await findingsOf(subject))('filters')
      same(level, 'warning')
      assert.match(message, /mails \(types B, categories x\)$/)
      assert.ok(advice !== undefined, 'it says what to do')
      const { outdated } = await firstOf(subject, 'mails')
      same(outdated?.missing, { types: ['B'], categories: ['x'] })
      assert.ok(outdated !== undefined && outdated.age >= 0 && outdated.age < 60_000)
      assert.ok(Math.abs(outdated.at - Date.now()) < 600_000, 'it is a time')
    },
    'warns of what waits for a decision, events and commands': async (subject) => {
      await registered(subject, 'mails')
      await registered(subject, 'process:orders')
      await hold(subject, await claimOne(subject, 'mails'), heldStream('counter-1', 4))
      await parkedCommand(subject, 'orders', 'Ship')
      const { level, message, advice } = (await findingsOf(subject))('parked')
      same(level, 'warning')
      assert.match(message, /mails \(1\), process:orders \(1\)/)
      assert.ok(advice !== undefined, 'it says what to do')
    },
    'warns of a read model that is behind, until it has caught up': async (subject) => {
      await aProjection(subject)
      const lease = await claimOne(subject, 'totals@1.1')
      const last = (await appended(subject, 'counter-1', ['a', 'b'])).at(-1) ?? 0
      await pause()
      const { level, message } = (await findingsOf(subject))('projections')
      same(level, 'warning')
      assert.match(message, /behind: totals@1.1 by \d+ s, 2 events/)
      await stepTo(subject, lease, last)
      same((await findingsOf(subject))('projections').level, 'ok')
    },
    'warns of a build that has no running process': async (subject) => {
      await aProjection(subject)
      await claimOne(subject, 'totals@1.1')
      await registered(subject, 'totals@1.2')
      const { level, message, advice = '' } = (await findingsOf(subject))('projections')
      same(level, 'warning')
      assert.match(message, /totals@1.2/)
      assert.match(advice, /rebuild totals/)
    },
  },
}
