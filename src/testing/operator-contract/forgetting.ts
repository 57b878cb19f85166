import assert from 'node:assert/strict'
import type { Forgetting } from '../../core/operator/forgetting'
import type { WrappedSubjectKey } from '../../core/ports/subject-keys'
import { atOnce } from '../store-contract/fixtures'
import { failsWith, same, succeeds } from '../store-contract/checks'
import type { Suite } from './subject'

const ALL = { before: Number.MAX_SAFE_INTEGER, limit: 100 }
const by = 'ops@example.org'
const why = 'ticket 4711'

const freshSubject = (): string => `customer-${crypto.randomUUID()}`
const forgetting = (subject: string, more: Partial<Forgetting> = {}): Forgetting => ({
  subject,
  by,
  why,
  ...more,
})
const keyOf = (subject: string, wrapped = 'AAAA', masterKey = 'one'): WrappedSubjectKey => ({
  subject,
  masterKey,
  wrapped,
})

/** The keys of subjects, and forgetting these. */
export const forgettingSubjects: Suite = {
  name: 'forgetting',
  tests: {
    'gives a subject one key, whoever adds it': async ({ subjectKeys }) => {
      const subject = freshSubject()
      same(await succeeds(subjectKeys.find([subject])), [])
      const answers = await atOnce(8, (index) =>
        succeeds(subjectKeys.add([keyOf(subject, `K${index}`)])),
      )
      const [first] = answers
      assert.equal(first?.length, 1)
      for (const answer of answers) same(answer, first)
      same(await succeeds(subjectKeys.find([subject, freshSubject()])), first)
    },
    'keeps a key that is added in a transaction once that is committed': async ({
      subjectKeys,
      withKeys,
    }) => {
      const subject = freshSubject()
      await succeeds(
        withKeys((keys) => async () => {
          same(await succeeds(keys.add([keyOf(subject)])), [keyOf(subject)])
          same(await succeeds(keys.find([subject])), [keyOf(subject)])
          return { _tag: 'Right', right: undefined }
        }),
      )
      same(await succeeds(subjectKeys.find([subject])), [keyOf(subject)])
    },
    'destroys the key of a subject, and gives it no other one': async (subject) => {
      const { operator, subjectKeys } = subject
      const [gone, stays] = [freshSubject(), freshSubject()]
      await succeeds(subjectKeys.add([keyOf(gone), keyOf(stays)]))
      const before = Date.now()
      const { forgottenAt, ...written } = await succeeds(operator.forgetSubject(forgetting(gone)))
      same(written, { subject: gone, by, why })
      assert.ok(Math.abs(forgottenAt - before) < 60_000, 'it was forgotten a moment ago')
      for (const found of [
        await succeeds(subjectKeys.find([gone])),
        await succeeds(subjectKeys.add([keyOf(gone, 'BBBB')])),
        await succeeds(subjectKeys.find([gone])),
      ]) {
        assert.equal(found.length, 1)
        assert.ok(!JSON.stringify(found).includes('wrapped'), 'there is no key any more')
      }
      same(await succeeds(subjectKeys.find([stays])), [keyOf(stays)])
      await succeeds(subjectKeys.rewrap(keyOf(gone), keyOf(gone, 'CCCC')))
      assert.ok(!JSON.stringify(await succeeds(subjectKeys.find([gone]))).includes('CCCC'))
    },
    'does it once, and writes it into the audit: repeated, it answers what was written down':
      async ({ operator, subjectKeys }) => {
        const subject = freshSubject()
        await succeeds(subjectKeys.add([keyOf(subject)]))
        const first = await succeeds(operator.forgetSubject(forgetting(subject)))
        const again = forgetting(subject, { by: 'other', why: 'again' })
        same(await succeeds(operator.forgetSubject(again)), first)
        const { entries } = await succeeds(operator.audit(ALL))
        same(
          entries.map((entry) => [
            entry.operator,
            entry.action,
            entry.subject,
            entry.outcome,
            entry.detail['why'],
            entry.at,
          ]),
          [[by, 'forget', subject, 'done', why, first.forgottenAt]],
        )
      },
    'refuses a subject of which there is nothing, and an argument that is not valid': async ({
      operator,
      subjectKeys,
    }) => {
      const subject = freshSubject()
      const invalid = { _tag: 'InvalidOperation' }
      await failsWith(operator.forgetSubject(forgetting(subject)), invalid)
      await succeeds(subjectKeys.add([keyOf(subject)]))
      const wrong = [{ by: '' }, { why: ' ' }, { subject: '' }, { subject: 'x'.repeat(256) }]
      for (const one of wrong) {
        await failsWith(operator.forgetSubject(forgetting(subject, one)), invalid)
      }
      same(await succeeds(subjectKeys.find([subject])), [keyOf(subject)])
      same((await succeeds(operator.audit(ALL))).entries, [])
    },
    'forgets a subject of which there is nothing, if it is asked to: it gets no key any more':
      async ({ operator, subjectKeys }) => {
        const subject = freshSubject()
        const unknown = forgetting(subject, { ifUnknown: 'forget' })
        const { forgottenAt, ...written } = await succeeds(operator.forgetSubject(unknown))
        same(written, { subject, by, why })
        const [found] = await succeeds(subjectKeys.add([keyOf(subject)]))
        same(found?.wrapped, undefined)
        const again = { ...forgetting(subject), by: 'other' }
        same(await succeeds(operator.forgetSubject(again)), { subject, by, why, forgottenAt })
        same((await succeeds(operator.audit(ALL))).entries.length, 1)
        const wrong = { ...unknown, ifUnknown: 'perhaps' as 'forget' }
        await failsWith(operator.forgetSubject(wrong), { _tag: 'InvalidOperation' })
        const known = freshSubject()
        await succeeds(subjectKeys.add([keyOf(known)]))
        await succeeds(operator.forgetSubject(forgetting(known, { ifUnknown: 'forget' })))
        same((await succeeds(subjectKeys.find([known])))[0]?.wrapped, undefined)
      },
    'lists the keys that another master key has wrapped, and takes another wrapping for them':
      async ({ operator, subjectKeys }) => {
        const prefix = freshSubject()
        const subjects = ['a', 'b', 'c', 'd'].map((end) => `${prefix}-${end}`)
        const [first = '', second = '', third = '', fourth = ''] = subjects
        await succeeds(subjectKeys.add(subjects.map((subject) => keyOf(subject))))
        await succeeds(operator.forgetSubject(forgetting(second)))
        const next = { limit: 2, notWrappedBy: 'two' }
        same(await succeeds(subjectKeys.page({ ...next, after: '' })), [keyOf(first), keyOf(third)])
        same(await succeeds(subjectKeys.page({ ...next, after: third })), [keyOf(fourth)])
        const rewrapped = keyOf(first, 'DDDD', 'two')
        await succeeds(subjectKeys.rewrap(keyOf(first), rewrapped))
        same(await succeeds(subjectKeys.find([first])), [rewrapped])
        same(await succeeds(subjectKeys.page({ ...next, after: '' })), [
          keyOf(third),
          keyOf(fourth),
        ])
        // Another process was faster: what it has stored stays.
        await succeeds(subjectKeys.rewrap(keyOf(first), keyOf(first, 'EEEE', 'three')))
        same(await succeeds(subjectKeys.find([first])), [rewrapped])
      },
  },
}
