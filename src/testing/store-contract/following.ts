import assert from 'node:assert/strict'
import type { EventSource, StoreRange } from '../../core/ports/event-source'
import type { StoredEvent } from '../../core/recorded-event'
import { pause } from '../eventually'
import { grow, succeeds } from './checks'

const PATIENCE = 5000

/**
 * Reads the whole source from `range.after` until everything up to `end` was returned. Other writers may
 * hold the horizon back for a moment, so it retries until a timeout.
 */
export const readUpTo = async (
  source: EventSource,
  range: StoreRange,
  end: number,
): Promise<ReadonlyArray<StoredEvent>> => {
  const events: StoredEvent[] = []
  const deadline = Date.now() + PATIENCE
  let after = range.after
  while (after < end) {
    assert.ok(Date.now() < deadline, `readAll did not get past ${after}; ${end} was expected`)
    const page = await succeeds(source.readAll({ ...range, after }))
    const positions = page.events.map(({ position }) => position)
    assert.ok(page.events.length <= range.limit, 'a page has no more events than its limit')
    assert.ok(page.upTo >= after, `upTo went back from ${after} to ${page.upTo}`)
    assert.ok(
      grow([after, ...positions]),
      'positions increase, and all are after the requested one',
    )
    assert.ok((positions.at(-1) ?? 0) <= page.upTo, 'no event is after upTo')
    assert.ok(!page.more || page.upTo > after, 'a page that is not the last moves upTo')
    events.push(...page.events.filter(({ position }) => position <= end))
    after = page.upTo
    if (!page.more) await pause()
  }
  return events
}
