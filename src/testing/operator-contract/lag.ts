import assert from 'node:assert/strict'
import { same, succeeds } from '../store-contract/checks'
import { anEvent, appendTo, taggedEvents } from '../store-contract/fixtures'
import {
  appended,
  claimed,
  firstOf,
  heldStream,
  hold,
  registered,
  stepTo,
  streamIn,
  type Suite,
} from './subject'

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
    'counts the events with a tag that the subscription reads': async (subject) => {
      await registered(subject, 'mails', { tags: ['a', 'b'] })
      const tagged = [['a', 'b'], ['c'], ['b']].flatMap((tags) => taggedEvents(tags))
      const streamId = 'counter-1'
      await succeeds(subject.store.append(appendTo(streamId, 'any', [...tagged, anEvent({})])))
      const { lag: behind, tags } = await firstOf(subject, 'mails')
      same([behind.events, tags], [2, ['a', 'b']])
      const [lease] = await claimed(subject, 'mails')
      assert.ok(lease !== undefined)
      const { events } = await succeeds(subject.store.read(streamId, { after: 0, limit: 10 }))
      const [first, last] = [events[0]?.position ?? 0, events.at(-1)?.position ?? 0]
      await hold(subject, lease, heldStream(streamId, first))
      await stepTo(subject, { ...lease, position: first }, last)
      const held = await succeeds(subject.operator.heldEvents('mails', { after: 0, limit: 10 }))
      same(held.events.map((one) => one.behind.events), [1]) // prettier-ignore
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
