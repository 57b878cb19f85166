import fc from 'fast-check'
import { cancelTimer, send, sendAfter, sendAt } from '../../src/core/process-action'
import { projectionOutdated, undecodableDocument } from '../../src/core/errors/projection'
import {
  failureNote,
  leaseLost,
  handlerFailed,
  notReachedYet,
  subscriptionMismatch,
  subscriptionStopped,
} from '../../src/core/errors/subscription'
import { partitionOf } from '../../src/core/partition'
import { parkAfter, stopAfter, nextAttempt } from '../../src/core/poison'
import { fromEnd, fromPosition, fromStart, fromTime } from '../../src/core/subscription-start'

describe('verdict', () => {
  it('doubles the pause after every attempt, up to the longest one', () => {
    const policy = { ...parkAfter(20), firstBackoff: 10, maxBackoff: 50 }
    expect([1, 2, 3, 4].map((attempts) => nextAttempt(policy, attempts))).toEqual(
      [10, 20, 40, 50].map((pause) => ({ _tag: 'Retry', pause })),
    )
  })

  it('calls it poison after the last attempt', () => {
    expect(nextAttempt(stopAfter(3), 2)._tag).toBe('Retry')
    expect(nextAttempt(stopAfter(3), 3)).toEqual({ _tag: 'Poison' })
    expect(nextAttempt(parkAfter(Number.POSITIVE_INFINITY), 5_000)).toEqual({
      _tag: 'Retry',
      pause: 30_000,
    })
  })
})

describe('partitionOf', () => {
  it('is always the same, and one of the partitions', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 1024 }), (stream, partitions) => {
        const partition = partitionOf(stream, partitions)
        expect(partition).toBe(partitionOf(stream, partitions))
        expect(partition).toBeGreaterThanOrEqual(0)
        expect(partition).toBeLessThan(partitions)
      }),
    )
  })

  it('spreads streams evenly', () => {
    const counts = [0, 0, 0, 0]
    for (let n = 0; n < 4_000; n++) {
      const partition = partitionOf(`account-${n}`, 4)
      counts[partition] = (counts[partition] ?? 0) + 1
    }
    for (const count of counts) expect(Math.abs(count - 1_000)).toBeLessThan(150)
  })
})

describe('the values of the read side', () => {
  it('are records with a tag', () => {
    expect([fromStart, fromEnd, fromPosition(3), fromTime(4)]).toEqual([
      { _tag: 'Start' },
      { _tag: 'End' },
      { _tag: 'After', position: 3 },
      { _tag: 'Since', time: 4 },
    ])
    expect([send(1), sendAfter('t', 5, 1), sendAt('t', 6, 1), cancelTimer('t')]).toEqual([
      { _tag: 'Send', command: 1 },
      { _tag: 'After', timer: 't', delay: 5, command: 1 },
      { _tag: 'At', timer: 't', time: 6, command: 1 },
      { _tag: 'Cancel', timer: 't' },
    ])
  })
})

describe('the failures of the read side', () => {
  it('say what happened, and to whom', () => {
    const messages = [
      leaseLost('mail', 1, 7),
      handlerFailed('mail', 3, new Error('no server')),
      handlerFailed('mail', 3, { _tag: 'Ours', message: 'Too bad.' }),
      subscriptionStopped('mail', 0, { message: 'It failed.' }),
      subscriptionMismatch('mail', 2, 4),
      notReachedYet('mail', 9, 4),
      notReachedYet('mail', 9, undefined),
      projectionOutdated('totals', 1, 2),
      undecodableDocument('totals', 'k', [{ path: 'sum', message: 'expected number' }]),
    ].map(({ message }) => message)
    expect(messages).toEqual([
      'Token 7 no longer owns partition 1 of mail, or its checkpoint has moved. Nothing was written.',
      'mail could not handle the event at position 3: no server.',
      'mail could not handle the event at position 3: Too bad.',
      'mail is stopped at partition 0 until it is resumed. It failed.',
      'mail has 4 partitions, but this program declares 2. Declare 4, or repartition it.',
      'mail has reached position 4; position 9 was requested.',
      'mail was never started; position 9 was requested.',
      'totals is at version 2, but this program declares version 1: it is an older release.',
      'The document k of totals cannot be decoded: sum: expected number.',
    ])
  })

  it('are stored as text that every store can hold', () => {
    const cause = new Error('a\u0000b \ud800')
    const note = failureNote(handlerFailed('mail', 3, cause))
    expect(note.message).toBe('mail could not handle the event at position 3: ab \ufffd.')
    expect(note.stack).toContain('read-side.test')
    expect(failureNote(handlerFailed('mail', 3, 'text'))).toEqual({
      message: 'mail could not handle the event at position 3: "text".',
    })
  })
})
