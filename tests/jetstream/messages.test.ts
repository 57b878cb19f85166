import * as E from 'fp-ts/Either'
import {
  decodeCommit,
  decodeMark,
  decodeSnapshot,
  encodeCommit,
  encodeEvents,
  encodeMark,
  encodeSnapshot,
  positionOf,
  sequenceOf,
  storedEvent,
} from '../../src/adapters/jetstream/commit'
import { serverProblem } from '../../src/adapters/jetstream/set-up'
import {
  decodeToken,
  encodeToken,
  isStoreName,
  streamOfSubject,
  subjectsOf,
} from '../../src/adapters/jetstream/subjects'
import {
  type DirectReads,
  readSpan,
  type StoredMessage,
} from '../../src/adapters/jetstream/messages'
import type { Link } from '../../src/adapters/jetstream/link'
import { anEvent } from '../../src/testing/store-contract/fixtures'

const subjects = subjectsOf('shop', 4)

describe('a subject of JetStream', () => {
  const odd = ['a.b', '*', '>', ' ', 'a b', '$JS', 'é', 'e\u0301', '😀', '=', '=41', 'A', 'a', '\t']

  it('is one token for any text, and gives the text back', () => {
    const tokens = odd.map(encodeToken)
    expect(tokens.map(decodeToken)).toEqual(odd)
    expect(new Set(tokens).size).toBe(odd.length)
    for (const token of tokens) expect(token).toMatch(/^[A-Za-z0-9_=-]+$/)
  })

  it('is not decoded from what was never encoded', () => {
    const wrong = ['', '=', '=4', '=4g', '=41', '=AA', '=ff', 'a=', '=x00', 'a.b', '=c3']
    expect(wrong.map(decodeToken)).toEqual(wrong.map(() => undefined))
  })

  it('names its stream, and that of another kind names none', () => {
    for (const id of ['order-1', 'order-a-b', 'order-a.b', '日本-😀 >', 'x-*']) {
      expect(streamOfSubject(subjects.commits(id))).toBe(id)
      expect(streamOfSubject(subjects.mark(id, 'c'))).toBeUndefined()
    }
  })

  it('is shorter than a line of the protocol, however long the ids are', () => {
    const longest = `c-${'✓'.repeat(253)}`
    const marks = ['✓'.repeat(255), `${'✓'.repeat(254)}x`].map((id) => subjects.mark(longest, id))
    expect(new Set(marks).size).toBe(2)
    for (const subject of marks) expect(subject.length).toBeLessThan(3_500)
  })

  it('keeps a stream, its commands and all of its category in one partition', () => {
    const partition = subjects.partitionOf('order-7')
    expect(subjects.commits('order-7')).toBe(`shop.ev.${partition}.order.7`)
    expect(subjects.mark('order-7', 'c.1')).toBe(`shop.mk.${partition}.order.7.c=2e1`)
    expect(subjects.allCommits(partition, 'order')).toBe(`shop.ev.${partition}.order.>`)
    expect(subjects.ofEvents(2)).toEqual(['shop.ev.2.>', 'shop.mk.2.>'])
  })

  it('begins with a name that is one token', () => {
    const names = ['reprise', 'A-1_b', '', 'a.b', 'a b', '*', 'x'.repeat(33)]
    expect(names.map(isStoreName)).toEqual([true, true, false, false, false, false, false])
  })
})

describe('a message of JetStream', () => {
  const events = [
    { ...anEvent({ b: 1, a: { d: -0, c: '"' } }, { actor: 'ada' }), tags: ['t'] },
    anEvent({ number: 2 }),
  ]
  const text = encodeCommit({ own: 'own', after: 3, at: 17 }, encodeEvents(events), ['c1'])

  it('gives a commit back as it was appended', () => {
    const commit = decodeCommit(text)
    expect(commit).toMatchObject({ own: 'own', after: 3, at: 17 })
    expect(commit?.events).toEqual(
      events.map(({ tags, ...event }) => ({
        ...event,
        tags,
        data: JSON.parse(JSON.stringify(event.data)),
      })),
    )
    expect(commit && storedEvent('order-1', 9, commit, 1)).toEqual({
      ...events[1],
      streamId: 'order-1',
      version: 5,
      position: 9 * 16_384 + 1,
      recordedAt: 17,
    })
  })

  it('stores keys in one order', () => {
    expect(text).toContain('"data":{"a":{"c":"\\"","d":0},"b":1}')
  })

  it.each([
    ['no JSON', '{'],
    ['a list', '[]'],
    ['no version', text.replace('"after":3', '"after":"3"')],
    ['a negative version', text.replace('"after":3', '"after":-1')],
    ['an event without data', text.replace(/"data":\{"number":2\},/, '')],
    ['an event with data that is a list', text.replace('{"number":2}', '[2]')],
    ['tags that are none', text.replace('["t"]', '[1]')],
  ])('is no commit: %s', (_name, wrong) => {
    expect(wrong).not.toBe(text)
    expect(decodeCommit(wrong)).toBeUndefined()
  })

  it('gives the record of a command back', () => {
    const mark = { commandId: 'c', skip: 2, eventCount: 1, fingerprint: 'f' }
    const record = { after: 7, eventCount: 1, fingerprint: 'f' }
    expect(decodeMark(encodeMark('own', 5, mark))).toEqual({ own: 'own', record })
    expect(decodeMark('{"own":"own","after":1}')).toBeUndefined()
  })

  it('gives a snapshot back, and none for what is no snapshot', () => {
    const snapshot = { streamId: 'a-1', version: 2, schemaVersion: 1, sequence: 0, state: null }
    expect(decodeSnapshot(encodeSnapshot(snapshot))).toEqual(snapshot)
    expect(decodeSnapshot('{"streamId":"a-1"}')).toBeUndefined()
  })

  it('has positions that grow with its sequence, and lead back to it', () => {
    expect(positionOf(1, 0)).toBe(16_384)
    expect(positionOf(1, 16_383) + 1).toBe(positionOf(2, 0))
    expect([0, -5, 16_383, 16_384, 32_767, 32_768].map(sequenceOf)).toEqual([0, 0, 0, 1, 1, 2])
  })
})

describe('a server', () => {
  it.each(['2.12.0', '2.15.1', '2.12.0-RC.1', '3.0.0'])('of version %s is used', (version) => {
    expect(serverProblem(version)).toBeUndefined()
  })

  it.each(['2.9.10', '2.11.9', '1.4.0', '', undefined])('of version %s is refused', (version) => {
    expect(serverProblem(version)).toMatchObject({ _tag: 'StoreFailed', reason: 'ServerTooOld' })
  })
})

describe('reading up to a message that is known', () => {
  const message = (sequence: number): StoredMessage => ({ sequence, subject: 's', text: '' })
  const link = {} as Link
  const deadline = Infinity

  /** Replicas that answer one after another, each with the sequences that it has. */
  const replicas = (answers: ReadonlyArray<ReadonlyArray<number>>) => {
    const asked: number[] = []
    const direct: DirectReads = {
      batch: (_stream, { seq }) => {
        const had = answers[asked.length] ?? []
        asked.push(seq)
        return Promise.resolve({ messages: had.filter((one) => one >= seq).map(message) })
      },
    }
    return { direct, asked }
  }

  it('does not take the end of a replica that is behind for the end', async () => {
    const { direct, asked } = replicas([[1, 2], [], [1, 2, 3], [1, 2, 3, 4, 5]])
    const seen: number[] = []
    const span = { stream: 'ev0', subject: 's', from: 1, to: 5, about: 10 }
    const read = await readSpan(
      { link, direct },
      span,
      ({ sequence }) => {
        seen.push(sequence)
        return 'more'
      },
      deadline,
    )
    expect(read).toEqual(E.right(undefined))
    expect(seen).toEqual([1, 2, 3, 4, 5])
    expect(asked).toEqual([1, 3, 3, 4])
  })

  it('asks another replica when one has left a message out', async () => {
    const { direct } = replicas([
      [1, 3],
      [1, 2, 3],
    ])
    const seen: number[] = []
    const span = { stream: 'ev0', subject: 's', from: 1, to: 3, about: 10 }
    await readSpan(
      { link, direct },
      span,
      ({ sequence }) => {
        if (sequence !== seen.length + 1) return 'gap'
        seen.push(sequence)
        return 'more'
      },
      deadline,
    )
    expect(seen).toEqual([1, 2, 3])
  })

  it('is given up, and never answered, when the message does not come in time', async () => {
    const { direct } = replicas([[1], [1], [1]])
    const span = { stream: 'ev0', subject: 's', from: 1, to: 2, about: 10 }
    const read = await readSpan({ link, direct }, span, () => 'more', performance.now())
    expect(read).toMatchObject({ left: { _tag: 'StoreFailed', reason: 'TimedOut' } })
  })
})
