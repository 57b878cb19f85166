import {
  type Answer,
  type BrokenPromise,
  checkHistory,
  describeViolation,
  type HistoryEntry,
  type HistoryRules,
  type Question,
  type SeenEvent,
} from 'reprise/testing'
import { ALL_SHARES, shareOf } from '../../../src/testing/history/entries'

const streamId = 'a-1'
const of = shareOf(streamId)

type Line = readonly [call: number, asked: Question] | readonly [call: number, answer: Answer]

/** A history, line by line. */
const historyOf = (...lines: ReadonlyArray<Line>): ReadonlyArray<HistoryEntry> =>
  lines.map(([call, said], at): HistoryEntry => {
    const share = 'streamId' in said ? of : ALL_SHARES
    return 'streamId' in said || ['ReadAll', 'Step', 'Claim', 'Register', 'Due'].includes(said._tag)
      ? { of: share, call, at, client: 'one', asked: said as Question }
      : { of, call, at, answer: said as Answer }
  })

const id = (number: number): string => `event-${number}`
const append = (
  numbers: ReadonlyArray<number>,
  expectedVersion: number | 'any' = 'any',
): Question => ({
  _tag: 'Append',
  streamId,
  expectedVersion,
  events: numbers.map((number) => ({
    id: id(number),
    type: 'Added',
    data: { number },
    digest: number,
  })),
  commands: [],
})
const appended = (version: number, ...positions: ReadonlyArray<number>): Answer => ({
  _tag: 'Appended',
  version,
  positions,
})
const load: Question = { _tag: 'Load', streamId, after: 0, limit: 100 }
const seen = (number: number, version = number, position = version): SeenEvent => ({
  streamId,
  version,
  position,
  id: id(number),
  type: 'Added',
  digest: number,
})
const page = (...events: ReadonlyArray<SeenEvent>): Answer => ({
  _tag: 'Page',
  after: 0,
  version: events.length,
  events,
  more: false,
})
const unknown: Answer = { _tag: 'Unknown', reason: 'StoreFailed' }
const command = (commandId: string): Question => ({ _tag: 'Command', streamId, commandId })

const promisesIn = (
  history: ReadonlyArray<HistoryEntry>,
  rules: HistoryRules = {},
): ReadonlyArray<BrokenPromise> => checkHistory(history, rules).map(({ promise }) => promise)

describe('checkHistory', () => {
  const broken: ReadonlyArray<readonly [BrokenPromise, ReadonlyArray<HistoryEntry>]> = [
    ['EventLost', historyOf([1, append([1])], [1, appended(1, 1)], [2, load], [2, page()])],
    [
      'StaleAnswer',
      historyOf(
        [1, append([1])],
        [1, appended(1, 1)],
        [2, load],
        [2, page()],
        [3, load],
        [3, page(seen(1))],
      ),
    ],
    [
      'WrittenInThePast',
      historyOf([1, append([2])], [1, appended(2, 2)], [2, append([1])], [2, appended(1, 1)]),
    ],
    ['AppendTornApart', historyOf([1, append([1, 2])], [2, load], [2, page(seen(1))])],
    [
      'AnswersDiffer',
      historyOf(
        [1, append([1, 2])],
        [1, appended(2, 1, 2)],
        [2, command('c')],
        [2, { _tag: 'Handled', version: 1, events: [seen(1)] }],
        [3, command('c')],
        [3, { _tag: 'Handled', version: 2, events: [seen(2)] }],
      ),
    ],
    [
      'CommandForgotten',
      historyOf(
        [1, command('c')],
        [1, { _tag: 'Handled', version: 1, events: [seen(1)] }],
        [2, command('c')],
        [2, { _tag: 'Refused', reason: 'Rejected', version: 1 }],
      ),
    ],
    [
      'StateDiffers',
      historyOf(
        [1, append([1])],
        [1, appended(1, 1)],
        [2, { _tag: 'State', streamId, cached: true }],
        [2, { _tag: 'StateFound', version: 1, state: 7 }],
      ),
    ],
    ['UnknownEvent', historyOf([1, load], [1, page(seen(1))])],
  ]

  it.each(broken)(
    'finds %s, and shows the calls that prove it and no others',
    (promise, history) => {
      const others = historyOf([8, { ...load, streamId: 'b-1' }], [8, page()])
      const states = {
        a: { initialState: 0, evolve: (sum: unknown) => Number(sum) + 1 },
      }
      const violations = checkHistory([...history, ...others], { states })
      const [first] = violations
      expect(violations.map((each) => each.promise)).toContain(promise)
      expect(first?.evidence.length).toBeLessThanOrEqual(4)
      expect(first?.evidence.every(({ call }) => call !== 8)).toBe(true)
      expect(describeViolation(first!)).toMatch(new RegExp(`${first!.promise} in .*\n {2}\\{"of"`))
    },
  )

  const sound: ReadonlyArray<readonly [string, ReadonlyArray<HistoryEntry>]> = [
    [
      'a command that is rejected before it is carried out under the same id',
      historyOf(
        [1, command('c')],
        [1, { _tag: 'Refused', reason: 'Rejected', version: 0 }],
        [2, command('c')],
        [2, { _tag: 'Handled', version: 1, events: [seen(1)] }],
      ),
    ],
    [
      'an append whose outcome is unknown, and that is there',
      historyOf([1, append([1])], [1, unknown], [2, load], [2, page(seen(1))]),
    ],
    ['one that is not there', historyOf([1, append([1])], [1, unknown], [2, load], [2, page()])],
    [
      'one that comes long after its failure',
      historyOf(
        [1, append([1])],
        [1, unknown],
        [2, load],
        [2, page()],
        [3, load],
        [3, page(seen(1))],
      ),
    ],
    [
      'one that was never answered, for its client died',
      historyOf([1, append([1])], [2, load], [2, page(seen(1))]),
    ],
    [
      'a load beside an append, which sees it or does not',
      historyOf(
        [1, append([1])],
        [2, load],
        [3, load],
        [2, page(seen(1))],
        [3, page()],
        [1, appended(1, 1)],
      ),
    ],
    [
      'an event that was refused once, and sent again',
      historyOf(
        [1, append([1], 5)],
        [1, { _tag: 'Refused', reason: 'VersionConflict', version: 0 }],
        [2, append([1], 0)],
        [2, appended(1, 1)],
      ),
    ],
  ]

  it.each(sound)('does not accuse %s', (_what, history) => {
    expect(promisesIn(history)).toEqual([])
  })

  const step = (call: number, after: number, position: number, events: ReadonlyArray<SeenEvent>) =>
    [
      {
        of: ALL_SHARES,
        call,
        at: call,
        client: 'one',
        asked: { _tag: 'Step', subscription: 's', partition: 0, token: 1, after },
      },
      { of: ALL_SHARES, call, at: call, work: { position, events, outbox: [] } },
      { of: ALL_SHARES, call, at: call, answer: { _tag: 'Stepped' } },
    ] satisfies ReadonlyArray<HistoryEntry>
  const registered = [
    {
      of: ALL_SHARES,
      call: 90,
      at: 0,
      client: 'one',
      asked: { _tag: 'Register', subscription: 's' },
    },
    { of: ALL_SHARES, call: 90, at: 0, answer: { _tag: 'Registered', partitions: 1 } },
  ] satisfies ReadonlyArray<HistoryEntry>
  const three = historyOf([1, append([1, 2, 3])], [1, appended(3, 1, 2, 3)])

  it.each([
    ['EventGivenTwice', [...step(10, 0, 3, [seen(1), seen(1), seen(2), seen(3)])]],
    ['EventOutOfOrder', [...step(10, 0, 3, [seen(2), seen(1), seen(3)])]],
    ['EventSkipped', [...step(10, 0, 2, [seen(1)]), ...step(11, 2, 3, [seen(3)])]],
    [
      'StepSavedTwice',
      [...step(10, 0, 3, [seen(1), seen(2), seen(3)]), ...step(11, 0, 1, [seen(1)])],
    ],
    ['CheckpointMoved', [...step(10, 0, 1, [seen(1)]), ...step(11, 2, 3, [seen(3)])]],
  ] as const)('finds %s in the steps of a subscription', (promise, steps) => {
    expect(promisesIn([...registered, ...three, ...steps])).toContain(promise)
  })

  it('accepts steps that are answered in another order than they were saved, and one that was never answered', () => {
    const [first, second] = [step(10, 0, 1, [seen(1)]), step(11, 1, 2, [seen(2)])]
    const [begun, working] = first
    const third = step(12, 2, 3, [seen(3)])
    expect(
      promisesIn([...registered, ...three, ...first.slice(0, 2), ...second, first[2]!, ...third]),
    ).toEqual([])
    expect(promisesIn([...registered, ...three, begun!, working!, ...second, ...third])).toEqual([])
  })
})
