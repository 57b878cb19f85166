import assert from 'node:assert/strict'
import { same, succeeds } from '../store-contract/checks'
import { type Suite, claimOne, type Operated, registered } from './subject'

const lineageOf = async ({ store }: Operated): Promise<string> =>
  (await succeeds(store.readAll({ after: 0, limit: 1 }))).lineage

/** What becomes of checkpoints when the store is another one than before. */
export const lineages: Suite = {
  name: 'another lineage',
  tests: {
    'is the one that readers get from then on, and never an earlier one': async (subject) => {
      const before = await lineageOf(subject)
      const first = await succeeds(subject.operator.newLineage())
      const second = await succeeds(subject.operator.newLineage())
      same(await lineageOf(subject), second)
      same(new Set([before, first, second]).size, 3)
      assert.ok(second.length > 0 && second.length <= 255)
    },
    'takes the checkpoints of this store along, and no others': async (subject) => {
      const { subscriptions, operator } = subject
      const before = await lineageOf(subject)
      const at = { own: [before, 0], ahead: [before, 5], foreign: ['elsewhere', 0] } as const
      for (const [name, [lineage, position]] of Object.entries(at)) {
        await registered(subject, name)
        const lease = await claimOne(subject, name)
        await succeeds(subscriptions.save({ lease, after: 0, position, lineage }))
      }
      const after = await succeeds(operator.newLineage())
      const lineagesNow = await Promise.all(
        Object.keys(at).map(async (name) => (await claimOne(subject, name)).lineage),
      )
      same(lineagesNow, [after, before, 'elsewhere'])
    },
  },
}
