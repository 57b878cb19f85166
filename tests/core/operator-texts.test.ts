import * as E from 'fp-ts/Either'
import * as t from 'io-ts'
import { byKeyOrder } from '../../src/core/canonical-json'
import { eventCodec, eventType, roundTripOf } from '../../src/core/codec/event-codec'
import { combineEventCodecs } from '../../src/core/codec/combine-event-codecs'
import { manyEventCodec } from '../../src/core/codec/many-codecs'
import { faultOf } from '../../src/core/fault'
import {
  defaultThresholds,
  filtersFinding,
  horizonFinding,
  ownersFinding,
  parkedFinding,
  projectionsFinding,
} from '../../src/core/operator/finding'
import { holderAdvice, type HorizonHolder, holderText } from '../../src/core/operator/horizon'
import {
  partitionState,
  type PartitionStatus,
  partitionTitle,
} from '../../src/core/operator/status'
import { parkAfterTime, poisonSetting, stopAfter, stopAfterTime } from '../../src/core/poison'
import { timerIssue } from '../../src/core/process-action'
import { argument, briefly, count, duration, firstThree } from '../../src/core/text'

const holder: HorizonHolder = {
  position: 3,
  pid: 7,
  application: 'desk',
  user: 'app',
  state: 'active',
  age: 90_000,
  statement: 'select 1',
  advice: undefined,
}
const partition: PartitionStatus = {
  subscription: 'mails',
  partition: 0,
  partitions: 1,
  state: 'running',
  position: 3,
  lag: { events: 0, orMore: false, seconds: 0 },
  owner: 'one',
  heartbeatAt: 1,
  heartbeatAge: 1,
  leasedUntil: 2,
  busySince: undefined,
  lastTrouble: undefined,
  failure: undefined,
  pausedAt: undefined,
  age: 1,
  parked: 0,
  waiting: 0,
  parkedCommands: 0,
  rejectedCommands: 0,
  categories: undefined,
  types: undefined,
  tags: undefined,
  outdated: undefined,
  build: undefined,
}

describe('texts for an operator', () => {
  it('count, and give lengths of time in two units or in six characters', () => {
    expect([count(1, 'event'), count(2_000, 'event')]).toEqual(['1 event', '2,000 events'])
    expect([5, 90, 7_300].map(duration)).toEqual(['5.0 s', '1 min 30 s', '2 h 1 min'])
    expect([-1, 99, 300, 7_200, 200_000].map(briefly)).toEqual([
      '0 s',
      '99 s',
      '5 min',
      '2 h',
      '2 d',
    ])
  })

  it('list three, and quote what a shell would change', () => {
    expect(firstThree(['a', 'b', 'c'])).toBe('a, b, c')
    expect(firstThree(['a', 'b', 'c', 'd', 'e'])).toBe('a, b, c and 2 more')
    expect(['mails', 'my mails', `it's $5`].map(argument)).toEqual([
      'mails',
      '"my mails"',
      `'it'\\''s $5'`,
    ])
  })

  it('describe a transaction that holds the horizon back by all that is known of it', () => {
    expect(holderText(holder)).toBe(
      'process 7, desk, user app, open for 1 min 30 s, active, last statement: select 1',
    )
    const prepared = { ...holder, pid: undefined, application: '', user: undefined, age: undefined }
    expect(holderText({ ...prepared, state: undefined, statement: undefined })).toBe(
      'a prepared transaction',
    )
  })

  it('advise to end a transaction only when it is older than appends are', () => {
    expect(holderAdvice(holder, 100_000)).toBeUndefined()
    expect(holderAdvice(holder, 10)).toMatch(/smaller transactions/)
    expect(holderAdvice({ ...holder, state: 'idle in transaction' }, 10)).toMatch(
      /pg_terminate_backend\(7\)/,
    )
    expect(holderAdvice({ ...holder, age: undefined }, 10)).toBeUndefined()
    expect(holderAdvice({ ...holder, pid: undefined, age: undefined }, 10)).toMatch(
      /pg_prepared_xacts/,
    )
    expect(holderAdvice({ ...holder, pid: undefined }, 10)).toMatch(/pg_prepared_xacts/)
  })

  it('name a partition by its number only where there are several', () => {
    expect(partitionTitle(partition)).toBe('mails')
    expect(partitionTitle({ ...partition, partition: 1, partitions: 2 })).toBe('mails #1')
  })
})

describe('the findings', () => {
  const limits = { ...defaultThresholds, withoutOwner: 10, readModelLag: 10 }

  it('are well when there is nothing', () => {
    const findings = [
      horizonFinding({ horizon: 0, last: 0, holders: [] }),
      ownersFinding([], limits),
      filtersFinding([], limits),
      parkedFinding([]),
      projectionsFinding([], limits),
    ]
    expect(findings.map(({ level }) => level)).toEqual(['ok', 'ok', 'ok', 'ok', 'ok'])
    const held = horizonFinding({ horizon: 1, last: 3, holders: [holder] })
    expect(held).toMatchObject({
      level: 'ok',
      message: expect.stringContaining('1 append under way'),
    })
  })

  it('tell why a subscription has no owner, and for how long', () => {
    const lonely = { ...partition, state: 'no owner', owner: undefined } as const
    const messageOf = (one: PartitionStatus) => ownersFinding([one], limits).message
    expect(messageOf({ ...lonely, heartbeatAge: 60_000 })).toBe(
      'without an owner: mails (for 60 s)',
    )
    expect(messageOf({ ...lonely, heartbeatAge: undefined, age: 60_000 })).toBe(
      'without an owner: mails (never had one, 60 s old)',
    )
    expect(messageOf({ ...partition, state: 'paused' })).toBe('paused: mails')
    expect(messageOf({ ...partition, state: 'stopped' })).toBe('stopped by an event: mails')
    expect(messageOf(partition)).toMatch(/every subscription has one/)
  })

  it('name what an instance does not read', () => {
    const lacks = (missing: NonNullable<PartitionStatus['outdated']>['missing']) =>
      filtersFinding([{ ...partition, outdated: { age: 1, missing } as never }], limits).message
    expect(lacks({ types: ['B'] })).toMatch(/mails \(types B\)$/)
    expect(lacks({ types: 'all', categories: ['account'] })).toMatch(
      /mails \(all types, categories account\)$/,
    )
  })

  it('count what waits for a decision', () => {
    expect(parkedFinding([{ ...partition, parked: 2, parkedCommands: 1 }]).message).toMatch(
      /mails \(3\)$/,
    )
  })

  it('name read models that are behind, and builds that nothing works on', () => {
    const build = { projection: 'totals', isActive: true } as NonNullable<PartitionStatus['build']>
    const lag = { events: 5, orMore: true, seconds: 90 }
    expect(projectionsFinding([{ ...partition, build, lag }], limits).message).toBe(
      'behind: mails by 90 s, 5 events or more',
    )
    const exact = { ...lag, orMore: false }
    expect(projectionsFinding([{ ...partition, build, lag: exact }], limits).message).toBe(
      'behind: mails by 90 s, 5 events',
    )
    const left = { ...partition, state: 'no owner', build: { ...build, isActive: false } } as const
    expect(projectionsFinding([left], limits)).toMatchObject({
      level: 'warning',
      advice: expect.stringContaining('npx reprise rebuild totals'),
    })
  })

  it('give a partition one state: stopped before paused, paused before its owner', () => {
    const of = (one: Partial<PartitionStatus>) => partitionState({ ...partition, ...one })
    expect(of({ failure: { message: 'no' }, pausedAt: 1 })).toBe('stopped')
    expect(of({ pausedAt: 1 })).toBe('paused')
    expect(of({ owner: undefined })).toBe('no owner')
    expect(of({})).toBe('running')
  })
})

describe('the origin of a failure', () => {
  it.each([
    ['no object', 'no', 'Event'],
    ['null', null, 'Event'],
    ['a network error', { code: 'ECONNREFUSED' }, 'Infrastructure'],
    ['the first of several', { errors: [{ code: 'ECONNREFUSED' }] }, 'Infrastructure'],
    ['none of several', { errors: [] }, 'Event'],
    ['a cause', { cause: { _tag: 'Overloaded' } }, 'Infrastructure'],
    ['what says that it passes', { _tag: 'TransientFailure' }, 'Infrastructure'],
    ['a crash', { _tag: 'EndedItsProcess' }, 'Crash'],
    ['what cannot be read', { _tag: 'UndecodableEvent' }, 'Codec'],
    ['another tag', { _tag: 'Mine' }, 'Event'],
    ['a tag that is no text', { _tag: 7 }, 'Event'],
  ])('is found in %s', (_name, failure, fault) => {
    expect(faultOf(failure)).toBe(fault)
  })

  it('is the event where the failure cannot be looked at', () => {
    const hostile = Object.defineProperty({}, 'cause', {
      get: () => {
        throw new Error('no')
      },
    })
    expect(faultOf(hostile)).toBe('Event')
    const circle: { cause?: unknown } = {}
    circle.cause = circle
    expect(faultOf(circle)).toBe('Event')
  })
})

describe('poison policies', () => {
  it('by time try once, and then for as long as they say', () => {
    expect(parkAfterTime(5)).toMatchObject({ _tag: 'Park', attempts: 1, retryFor: 5 })
    expect(stopAfterTime(5)).toMatchObject({ _tag: 'Stop', attempts: 1, retryFor: 5 })
    expect(poisonSetting(stopAfter(2))).toMatchObject({ attempts: 2, retryFor: 0 })
  })
})

describe('the name of a timer', () => {
  it('has an end', () => {
    expect(timerIssue({ _tag: 'Cancel', timer: 'x'.repeat(256) })).toMatch(/256 characters/)
    expect(timerIssue({ _tag: 'Cancel', timer: 'x' })).toBeUndefined()
  })
})

describe('the order of keys', () => {
  it('calls equal what is equal', () => {
    expect([byKeyOrder('a', 'a'), Math.sign(byKeyOrder('a', 'b'))]).toEqual([0, -1])
  })
})

describe('a codec without a round trip of its own', () => {
  const Added = t.strict({ type: t.literal('Added'), by: t.number })
  const { roundTrip: _, ...plain } = eventCodec<t.TypeOf<typeof Added>>({ Added: eventType(Added) })

  it('is encoded, and decoded again', () => {
    const event = { type: 'Added', by: 1 } as const
    expect(roundTripOf(plain, event)).toEqual(
      E.right({ encoded: { type: 'Added', schemaVersion: 1, data: { by: 1 } }, event }),
    )
    expect(E.isLeft(roundTripOf(plain, { type: 'Added', by: Number.NaN }))).toBe(true)
    const lists = { ...plain, encode: () => E.right({ type: 'Added', schemaVersion: 1, data: [] }) }
    expect(E.isLeft(roundTripOf(lists as never, event))).toBe(true)
    const blind = { ...plain, decode: () => E.left([{ path: '', message: 'no' }]) }
    expect(E.isLeft(roundTripOf(blind as never, event))).toBe(true)
  })

  it('fails as a part of a combination, under its key', () => {
    const event = { type: 'Added', by: Number.NaN } as const
    const both = combineEventCodecs({ left: plain })
    expect(E.isLeft(both.roundTrip?.({ key: 'left', event }) ?? E.right(0))).toBe(true)
    const many = manyEventCodec(plain as never)
    expect(E.isLeft(many.roundTrip?.({ key: 'a', event }) ?? E.right(0))).toBe(true)
    expect(E.isLeft(many.roundTrip?.({ key: '\u0000', event }) ?? E.right(0))).toBe(true)
  })
})
