import fc from 'fast-check'
import * as E from 'fp-ts/Either'
import {
  epoch,
  type HybridTime,
  isBefore,
  MAXIMUM_COUNTER,
  mergeClocks,
  tick,
} from '../../src/core/clock'

const wall = fc.integer({ min: 0, max: 2 ** 47 })
const moment = fc.record({ time: wall, counter: fc.nat(MAXIMUM_COUNTER) })

const isValid = ({ counter }: HybridTime) =>
  Number.isInteger(counter) && counter >= 0 && counter <= MAXIMUM_COUNTER

describe('tick', () => {
  it('takes the time of the wall clock when it has moved on', () => {
    expect(tick(epoch, 5)).toEqual({ time: 5, counter: 0 })
    expect(tick({ time: 5, counter: 9 }, 6.9)).toEqual({ time: 6, counter: 0 })
  })

  it('keeps counting when the wall clock stops or steps back', () => {
    expect(tick({ time: 5, counter: 0 }, 5)).toEqual({ time: 5, counter: 1 })
    expect(tick({ time: 5, counter: 1 }, 2)).toEqual({ time: 5, counter: 2 })
  })

  it('advances to the next millisecond when the counter is full', () => {
    expect(tick({ time: 5, counter: MAXIMUM_COUNTER }, 5)).toEqual({ time: 6, counter: 0 })
  })

  it('strictly increases, whatever the wall clock does', () => {
    fc.assert(
      fc.property(moment, fc.array(wall), (start, walls) => {
        walls.reduce((clock, now) => {
          const next = tick(clock, now)
          expect(isBefore(clock, next)).toBe(true)
          expect(isValid(next)).toBe(true)
          expect(next.time).toBeGreaterThanOrEqual(now)
          return next
        }, start)
      }),
    )
  })

  it('runs ahead of the wall clock no further than its past forces it to', () => {
    fc.assert(
      fc.property(moment, wall, (clock, now) => {
        expect(tick(clock, now).time).toBeLessThanOrEqual(Math.max(now, clock.time + 1))
      }),
    )
  })
})

describe('mergeClocks', () => {
  it('is later than both clocks', () => {
    fc.assert(
      fc.property(moment, moment, wall, (clock, elsewhere, now) => {
        const seen = mergeClocks(clock, elsewhere, now, Infinity)
        expect(E.isRight(seen)).toBe(true)
        if (E.isLeft(seen)) return
        expect(isBefore(clock, seen.right)).toBe(true)
        expect(isBefore(elsewhere, seen.right)).toBe(true)
        expect(seen.right.time).toBeGreaterThanOrEqual(now)
        expect(isValid(seen.right)).toBe(true)
      }),
    )
  })

  it('accepts a clock that is ahead by the maximum, but not by more', () => {
    const ahead = (time: number) => mergeClocks(epoch, { time, counter: 0 }, 1000, 60)
    expect(ahead(1060)).toEqual(E.right({ time: 1060, counter: 1 }))
    expect(ahead(1061)).toEqual(
      E.left({
        _tag: 'ClockDrift',
        drift: 61,
        maximumDrift: 60,
        message:
          'A timestamp from another machine is 61 ms ahead of this clock; the limit is 60 ms.',
      }),
    )
  })

  it('does not accept a time that is not a number', () => {
    expect(E.isLeft(mergeClocks(epoch, { time: Number.NaN, counter: 0 }, 0, Infinity))).toBe(true)
  })
})

describe('isBefore', () => {
  it('orders by time, then by counter, and strictly', () => {
    fc.assert(
      fc.property(moment, moment, (left, right) => {
        const order = [isBefore(left, right), isBefore(right, left)]
        const equal = left.time === right.time && left.counter === right.counter
        expect(order.filter(Boolean)).toHaveLength(equal ? 0 : 1)
      }),
    )
    expect(isBefore({ time: 1, counter: 9 }, { time: 2, counter: 0 })).toBe(true)
    expect(isBefore({ time: 1, counter: 0 }, { time: 1, counter: 1 })).toBe(true)
    expect(isBefore({ time: 1, counter: 1 }, { time: 1, counter: 1 })).toBe(false)
  })
})
