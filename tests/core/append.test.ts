import { appendError, type AppendRequest } from '../../src/core/append'
import { defaultLimits } from '../../src/core/limits'
import type { NewEvent } from '../../src/core/recorded-event'

const event: NewEvent = {
  id: '01890a5d-ac96-774b-bcce-b302099a8057',
  type: 'Opened',
  schemaVersion: 1,
  data: {},
  metadata: {},
}
const request: AppendRequest = {
  streamId: 'a-1',
  expectedVersion: 0,
  events: [event],
  commands: [],
}
const errorOf = (change: Partial<AppendRequest>, limits = defaultLimits) =>
  appendError({ ...request, ...change }, limits)

const mark = (commandId: string, skip: number, eventCount: number) => ({
  commands: [{ commandId, skip, eventCount }],
})

// The store contract sends every kind of bad input through here; these tests are about the words.
describe('appendError', () => {
  it('has nothing against a good request', () => {
    expect(errorOf({})).toBeUndefined()
    expect(errorOf({ events: [], ...mark('c', 0, 0) })).toBeUndefined()
    expect(errorOf(mark('x'.repeat(255), 0, 1))).toBeUndefined()
    expect(errorOf({ events: [{ ...event, id: event.id.toUpperCase() }] })).toBeUndefined()
  })

  it.each<readonly [Partial<AppendRequest>, string]>([
    [{ streamId: 'a' }, 'it must have the form category-id; the category is missing'],
    [
      { expectedVersion: -1 },
      "the expected version must be a non-negative integer, 'mustExist', 'mustNotExist' or 'any'; got -1",
    ],
    [{ events: [] }, 'it has neither events nor commands'],
    [mark('', 0, 1), 'a command id must have 1 to 255 characters'],
    [mark('c', 0, 2), 'the command c refers to events that are not in the append'],
    [mark('c', 0.5, 0.5), 'the command c refers to events that are not in the append'],
    [mark('c', -1, 1), 'the command c refers to events that are not in the append'],
    [
      { commands: [...mark('c', 0, 1).commands, ...mark('c', 0, 0).commands] },
      'two of its commands have the same command id',
    ],
    [{ events: [event, { ...event, id: 'x' }] }, 'event 1: its id is not a UUID'],
    [
      { events: [{ ...event, type: '' }] },
      'event 0: its type must have 1 to 255 characters and no NUL',
    ],
    [
      { events: [{ ...event, schemaVersion: 1.5 }] },
      'event 0: its schema version must be an integer from 1 to 32767',
    ],
    [
      { events: [{ ...event, schemaVersion: 32_768 }] },
      'event 0: its schema version must be an integer from 1 to 32767',
    ],
  ])('says what is wrong with %j', (change, reason) => {
    expect(errorOf(change)).toMatchObject({ reason })
  })

  it('refuses more than 5,000 tags in one append, however many events share them', () => {
    const tagged = Array.from({ length: 157 }, (_, number) => ({
      ...event,
      tags: Array.from(
        { length: 32 },
        (_, tag) => `t${String(number * 32 + tag).padStart(5, '0')}`,
      ),
    }))
    expect(errorOf({ events: tagged })).toMatchObject({
      reason: 'it names 5024 tags; the limit is 5000',
    })
    expect(errorOf({ events: tagged.slice(1) })).toBeUndefined()
    expect(errorOf({ events: [...tagged.slice(1), ...tagged.slice(1)] })).toBeUndefined()
  })

  it.each(['data', 'metadata'])('refuses a list as %s', (part) => {
    expect(errorOf({ events: [{ ...event, [part]: [] }] })).toMatchObject({
      _tag: 'UnencodableEvent',
    })
  })

  it('refuses data that throws when it is read', () => {
    const data = Object.defineProperty({}, 'amount', {
      enumerable: true,
      get: (): unknown => JSON.parse('no'),
    })
    expect(errorOf({ events: [{ ...event, data }] })).toMatchObject({ _tag: 'UnencodableEvent' })
  })

  it('takes two commands with ids of their own', () => {
    expect(
      errorOf({ commands: [...mark('c', 0, 1).commands, ...mark('d', 1, 0).commands] }),
    ).toBeUndefined()
  })

  it('names the event that cannot be stored, and the place in it', () => {
    expect(errorOf({ events: [event, { ...event, data: { a: Number.NaN } }] })).toMatchObject({
      _tag: 'UnencodableEvent',
      index: 1,
      type: 'Opened',
      issues: [{ path: 'a', message: 'NaN is not JSON' }],
    })
    expect(errorOf({ events: [{ ...event, metadata: { actor: '\u0000' } }] })).toMatchObject({
      _tag: 'UnencodableEvent',
      issues: [{ path: 'actor' }],
    })
  })

  it('counts data and metadata of an event together', () => {
    const events = [{ ...event, data: { a: 'xx' }, metadata: { actor: 'y' } }]
    const size = 8 + 1 + 2 + 8 + 5 + 1
    expect(errorOf({ events }, { ...defaultLimits, eventSize: size })).toBeUndefined()
    expect(errorOf({ events }, { ...defaultLimits, eventSize: size - 1 })).toMatchObject({
      _tag: 'LimitExceeded',
      limit: 'eventSize',
      maximum: size - 1,
      actual: size,
    })
  })

  it('counts the events of an append', () => {
    const limits = { ...defaultLimits, eventsPerAppend: 1 }
    expect(errorOf({}, limits)).toBeUndefined()
    expect(errorOf({ events: [event, event] }, limits)).toMatchObject({
      _tag: 'LimitExceeded',
      limit: 'eventsPerAppend',
      maximum: 1,
      actual: 2,
    })
  })
})
