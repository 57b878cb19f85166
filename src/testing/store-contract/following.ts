import assert from 'node:assert/strict'
import type { EventStore, StoreRange } from '../../core/ports/event-store'
import type { StoredEvent } from '../../core/recorded-event'
import { pause } from '../patience'
import { grow, succeeds } from './checks'

const PATIENCE = 5000

/**
 * Reads the whole store on from `range.after` until everything up to `end` has been seen. Other writers
 * may hold the horizon back for a moment, so it is patient, within reason.
 */
export const readUpTo = async (
  store: EventStore,
  range: StoreRange,
  end: number,
): Promise<ReadonlyArray<StoredEvent>> => {
  const events: StoredEvent[] = []
  const deadline = Date.now() + PATIENCE
  let after = range.after
  while (after < end) {
    assert.ok(Date.now() < deadline, `readAll stays at ${after}, and does not come to ${end}`)
    const page = await succeeds(store.readAll({ ...range, after }))
    const positions = page.events.map(({ position }) => position)
    assert.ok(page.events.length <= range.limit, 'a page has no more events than asked for')
    assert.ok(page.upTo >= after, `upTo went back from ${after} to ${page.upTo}`)
    assert.ok(grow([after, ...positions]), 'positions grow, and all are later than asked for')
    assert.ok((positions.at(-1) ?? 0) <= page.upTo, 'no event is beyond upTo')
    assert.ok(!page.more || page.upTo > after, 'a page with more to come moves on')
    events.push(...page.events.filter(({ position }) => position <= end))
    after = page.upTo
    if (!page.more) await pause()
  }
  return events
}
