import assert from 'node:assert/strict'
import type { OperatorAction } from '../../core/operator/audit'
import { failsWith, same, succeeds } from '../store-contract/checks'
import type { Operated, Suite } from './subject'

const ALL = { before: Number.MAX_SAFE_INTEGER, limit: 100 }

const skipping = (operator: string): OperatorAction => ({
  operator,
  action: 'skip',
  subject: 'mails',
  detail: { positions: [7, 9], reason: 'a test account' },
})

const record = ({ operator }: Operated, who: string): Promise<number> =>
  succeeds(operator.recordAction(skipping(who)))

/** What operators have done. */
export const audit: Suite = {
  name: 'audit',
  tests: {
    'records who does what, and later how it went': async (subject) => {
      const { operator } = subject
      same(await succeeds(operator.audit(ALL)), { entries: [], more: false })
      const sequence = await record(subject, 'ada')
      const [begun] = (await succeeds(operator.audit(ALL))).entries
      assert.ok(begun !== undefined && begun.at > 0, 'it has a time')
      const { at } = begun
      same(begun, { ...skipping('ada'), sequence, at, outcome: 'unknown' })
      await succeeds(operator.recordOutcome(sequence, { outcome: 'done', message: '2 skipped' }))
      same((await succeeds(operator.audit(ALL))).entries, [
        { ...skipping('ada'), sequence, at, outcome: 'done', message: '2 skipped' },
      ])
    },
    'keeps the first outcome, and none of an action that it does not know': async (subject) => {
      const { operator } = subject
      const sequence = await record(subject, 'ada')
      await succeeds(operator.recordOutcome(sequence, { outcome: 'failed', message: 'no' }))
      await succeeds(operator.recordOutcome(sequence, { outcome: 'done', message: 'yes' }))
      await succeeds(operator.recordOutcome(sequence + 1, { outcome: 'done', message: 'yes' }))
      const { entries } = await succeeds(operator.audit(ALL))
      same(
        entries.map(({ outcome, message }) => [outcome, message]),
        [['failed', 'no']],
      )
    },
    'lists the newest first, page by page, and says exactly whether there is more': async (
      subject,
    ) => {
      for (const who of ['a', 'b', 'c', 'd']) await record(subject, who)
      const pages: string[] = []
      let before = ALL.before
      for (;;) {
        const { entries, more } = await succeeds(subject.operator.audit({ before, limit: 2 }))
        pages.push(entries.map(({ operator }) => operator).join())
        before = entries.at(-1)?.sequence ?? 0
        if (!more) break
      }
      same(pages, ['d,c', 'b,a'])
    },
    'records nothing of which it could not say who, what or about what': async (subject) => {
      const { operator } = subject
      const bad: ReadonlyArray<readonly [string, Partial<OperatorAction>]> = [
        ['operator', { operator: '' }],
        ['operator', { operator: 'a\nb' }],
        ['operator', { operator: 'x'.repeat(256) }],
        ['action', { action: '' }],
        ['subject', { subject: '\u0000' }],
        ['subject', { subject: '\ud800' }],
        ['detail', { detail: { note: '\u0000' } }],
        ['detail', { detail: { note: 'x'.repeat(70_000) } }],
      ]
      for (const [argument, change] of bad) {
        await failsWith(operator.recordAction({ ...skipping('ada'), ...change }), {
          _tag: 'InvalidOperation',
          argument,
        })
      }
      same((await succeeds(operator.audit(ALL))).entries, [])
    },
    'stores a message of any length and content': async (subject) => {
      const { operator } = subject
      const sequence = await record(subject, 'ada')
      const message = `a\u0000b\ud800${'x'.repeat(9_000)}`
      await succeeds(operator.recordOutcome(sequence, { outcome: 'failed', message }))
      const [entry] = (await succeeds(operator.audit(ALL))).entries
      same(entry?.message, `ab\ufffd${'x'.repeat(7_996)}`)
    },
  },
}
