import fc from 'fast-check'
import {
  everyNEvents,
  neverSnapshot,
  wantsSnapshot,
  snapshotWhen,
} from '../../src/core/snapshot-policy'

const reached = (from: number, to: number) => ({ from, to, state: to })

describe('wantsSnapshot', () => {
  it('wants none with never', () => {
    expect(wantsSnapshot(neverSnapshot, reached(0, 1000))).toBe(false)
  })

  it.each([
    [0, 99, false],
    [0, 100, true],
    [99, 100, true],
    [100, 100, false],
    [100, 101, false],
    [99, 205, true],
    [150, 250, true],
  ])('wants one with every 100 events from %i to %i: %p', (from, to, wanted) => {
    expect(wantsSnapshot(everyNEvents(100), reached(from, to))).toBe(wanted)
  })

  it('counts fewer than one event as one, and a part of an event as none', () => {
    expect([0, -5, 0.5].map((count) => everyNEvents(count))).toEqual(
      [1, 1, 1].map((events) => ({ _tag: 'EveryNEvents', events })),
    )
    expect(everyNEvents(2.9)).toEqual({ _tag: 'EveryNEvents', events: 2 })
  })

  it('wants as many snapshots of a stream as its length divided by n, however it grows', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.nat(200), (events, length) => {
        const wanted = Array.from({ length }, (_, from) => reached(from, from + 1)).filter((step) =>
          wantsSnapshot(everyNEvents(events), step),
        )
        expect(wanted).toHaveLength(Math.floor(length / events))
      }),
    )
  })

  it('calls the predicate with snapshotWhen', () => {
    const big = snapshotWhen<number>(({ state }) => state > 10)
    expect(wantsSnapshot(big, reached(0, 11))).toBe(true)
    expect(wantsSnapshot(big, reached(0, 10))).toBe(false)
  })
})
