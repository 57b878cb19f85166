import assert from 'node:assert/strict'
import { same, succeeds } from '../store-contract/checks'
import { appended, type Suite, claimed, firstOf, registered, stepTo, streamIn } from './subject'

/** How far a partition is behind. */
export const lag: Suite = {
  name: 'lag',
  tests: {
    'counts the events behind exactly, of what the subscription reads': async (subject) => {
      await registered(subject, 'mails', { categories: ['counter'], types: ['Counted'] })
      await appended(subject, 'counter-1', ['Counted', 'Ignored', 'Counted'])
      await appended(subject, 'other-1', ['Counted'])
      const { lag: behind } = await firstOf(subject, 'mails')
      same([behind.events, behind.orMore], [2, false])
      assert.ok(behind.seconds >= 0 && behind.seconds < 10, `it is ${behind.seconds} s behind`)
    },
    'counts up to its limit, and reports that there are more': async (subject) => {
      await registered(subject, 'mails')
      await appended(subject, 'counter-1', ['a', 'b', 'c', 'd'])
      const { lag: behind } = await firstOf(subject, 'mails')
      same([behind.events, behind.orMore], [4, false])
      await appended(subject, 'counter-1', ['e'])
      const { lag: more } = await firstOf(subject, 'mails')
      same([more.events, more.orMore], [4, true])
    },
    'counts for each partition the events of its own streams, after its own position': async (
      subject,
    ) => {
      await registered(subject, 'mails', { partitions: 2 })
      const [first = 0] = await appended(subject, streamIn(0, 2), ['a'])
      await appended(subject, streamIn(1, 2), ['b', 'c'])
      const lags = async () =>
        (await succeeds(subject.operator.status('mails'))).map((one) => one.lag.events)
      same(await lags(), [1, 2])
      const [lease] = await claimed(subject, 'mails')
      assert.ok(lease !== undefined)
      await stepTo(subject, lease, first)
      same(await lags(), [0, 2])
    },
  },
}
