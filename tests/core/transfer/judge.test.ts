import * as E from 'fp-ts/Either'
import type { ExportedCommand, HistoricEvent } from '../../../src/core/ports/transfer'
import { MAXIMUM_VERSION } from '../../../src/core/stream'
import { commandLine, eventLine, parseHeader, parseLine } from '../../../src/core/transfer/archive'
import { decodedEvent } from '../../../src/core/transfer/encoded-event'
import { judge, lookOf, readLine, type ReadLine } from '../../../src/core/transfer/judge'
import { lineParser } from '../../../src/core/transfer/parse-line'

const event: HistoricEvent = {
  id: '0190a000-0000-7000-8000-000000000001',
  streamId: 'account-A1',
  version: 1,
  recordedAt: 1_700_000_000_000,
  type: 'MoneyDeposited',
  schemaVersion: 1,
  data: { amount: 100 },
  metadata: {},
}
const command: ExportedCommand = {
  streamId: 'account-A1',
  commandId: 'deposit-1',
  after: 0,
  eventCount: 1,
}

const read = (text: string, rules: Partial<Parameters<typeof readLine>[1]> = {}): ReadLine => {
  const bytes = new TextEncoder().encode(text.trimEnd())
  return readLine(
    { line: 7, start: 100, length: bytes.length, bytes, from: 0 },
    { parse: lineParser('json'), duplicates: new Map(), accept: () => undefined, ...rules },
  )
}
const eventAt = (change: Partial<HistoricEvent>) => read(eventLine({ ...event, ...change }, 1))
const commandAt = (change: Partial<ExportedCommand>) => read(commandLine({ ...command, ...change }))

/** Its event with everything that it has. */
const decoded = (line: ReadLine): ReadLine =>
  line._tag === 'Event' ? { ...line, event: decodedEvent(line.event) } : line

const EMPTY = { versions: new Map<string, number>(), commands: [] }

describe('a line of an archive', () => {
  it('is an event, a command, or the end', () => {
    expect(decoded(eventAt({}))).toMatchObject({ _tag: 'Event', event, at: { line: 7 } })
    expect(eventAt({ tags: ['course:1'] })).toMatchObject({ event: { tags: ['course:1'] } })
    expect(commandAt({})).toMatchObject({ _tag: 'Command', command })
    const end = { events: 1, commands: 1, upTo: 1, sha256: '' }
    expect(read(JSON.stringify({ end }))).toEqual({ _tag: 'End', end })
  })

  it('of an event without a position has the position 0', () => {
    const { tags: _tags, ...line } = { ...event, tags: [] }
    expect(parseLine(JSON.stringify(line))).toEqual(
      E.right({ _tag: 'Event', event: line, position: 0 }),
    )
  })

  it('says nothing of where its event was imported to before', () => {
    const imported = { imported: { archive: 'a', line: 1 } } as never
    expect(decoded(eventAt({ metadata: imported }))).toMatchObject({ event: { metadata: {} } })
  })

  it.each<[string, ReadLine, string]>([
    ['it is not JSON', read('{"id":'), 'UnknownLine'],
    ['it is of no known kind', read('{"what":1}'), 'UnknownLine'],
    ['its version is 0', eventAt({ version: 0 }), 'InvalidEvent'],
    ['its version is none', eventAt({ version: 1.5 }), 'InvalidEvent'],
    ['its version is too great', eventAt({ version: MAXIMUM_VERSION }), 'InvalidEvent'],
    ['its time is before 1970', eventAt({ recordedAt: -1 }), 'InvalidEvent'],
    ['its time is none', eventAt({ recordedAt: 8.65e15 }), 'InvalidEvent'],
    ['its stream is of another form', eventAt({ streamId: 'account' }), 'InvalidStreamId'],
    ['its command is after no version', commandAt({ after: -1 }), 'InvalidCommand'],
    ['its command has half an event', commandAt({ eventCount: 0.5 }), 'InvalidCommand'],
    [
      'its command has more events than there are versions',
      commandAt({ after: MAXIMUM_VERSION, eventCount: 1 }),
      'InvalidCommand',
    ],
    ['its command has no id', commandAt({ commandId: '' }), 'InvalidAppend'],
    [
      'its codec refuses it',
      read(eventLine(event, 1), { accept: () => ({ reason: 'InvalidEvent', message: 'no' }) }),
      'InvalidEvent',
    ],
    [
      'an earlier line has its id',
      read(eventLine(event, 1), { duplicates: new Map([[event.id, 3]]) }),
      'DuplicateId',
    ],
  ])('is refused where %s', (_why, line, reason) => {
    expect(line).toMatchObject({
      _tag: 'Refused',
      refusal: { reason, line: 7, start: 100, message: expect.stringMatching(/./) },
    })
  })

  it('is not refused for its id where it is the first line that has it', () => {
    expect(read(eventLine(event, 1), { duplicates: new Map([[event.id, 7]]) })).toMatchObject({
      _tag: 'Event',
    })
  })
})

describe('the first line of an archive', () => {
  it('is refused when it is none, or of a later format', () => {
    const header = { reprise: 'archive', format: 1, lineage: 'l', completeTags: [] }
    expect(parseHeader(JSON.stringify(header))).toEqual(
      E.right({ lineage: 'l', completeTags: [], lines: 'json' }),
    )
    expect(parseHeader('nothing')).toMatchObject({ left: { reason: 'NotAnArchive' } })
    expect(parseHeader(JSON.stringify({ ...header, format: 3 }))).toMatchObject({
      left: { reason: 'NewerFormat' },
    })
  })
})

describe('what some lines need to know of the store', () => {
  it('are their streams, each once, and their commands', () => {
    const lines = [
      eventAt({}),
      eventAt({ version: 2 }),
      commandAt({ streamId: 'account-B2' }),
      read(''),
    ]
    expect(lookOf(lines)).toEqual({
      streams: ['account-A1', 'account-B2'],
      commands: [{ ...command, streamId: 'account-B2' }],
    })
  })
})

describe('some lines, in a store', () => {
  const reasonsIn = (lines: ReadonlyArray<ReadLine>, look: Parameters<typeof judge>[1]) =>
    judge(lines, look).refusals.map(({ reason }) => reason)
  const at = (version: number) => ({ ...EMPTY, versions: new Map([['account-A1', version]]) })

  it('are stored in their order, commands after their events', () => {
    const end = read(JSON.stringify({ end: { events: 2, commands: 1, upTo: 2, sha256: '' } }))
    const lines = [eventAt({}), eventAt({ version: 2 }), commandAt({ eventCount: 2 }), end]
    expect(judge(lines, EMPTY)).toMatchObject({
      events: [{ version: 1 }, { version: 2 }],
      commands: [{ commandId: 'deposit-1' }],
      refusals: [],
    })
  })

  it('leave out what was refused before, and all that follows a gap in its stream', () => {
    const lines = [read('{'), eventAt({ version: 2 }), eventAt({ version: 3 })]
    expect(reasonsIn(lines, EMPTY)).toEqual(['UnknownLine', 'VersionMissing', 'VersionMissing'])
  })

  it('do not store a version that is taken, or a stream that was erased', () => {
    expect(reasonsIn([eventAt({})], at(1))).toEqual(['VersionTaken'])
    expect(reasonsIn([eventAt({})], at(MAXIMUM_VERSION))).toEqual(['StreamErased'])
  })

  it('do not remember a command whose events are missing', () => {
    expect(reasonsIn([commandAt({})], EMPTY)).toEqual(['VersionMissing'])
  })

  it('remember a command once, and refuse another one of its id', () => {
    const handled = { versions: at(1).versions, commands: [command] }
    expect(judge([commandAt({})], handled)).toEqual({ events: [], commands: [], refusals: [] })
    expect(judge([commandAt({}), commandAt({})], at(1)).commands).toHaveLength(1)
    for (const other of [{ after: 1, eventCount: 0 }, { eventCount: 0 }, { fingerprint: 'f' }]) {
      expect(reasonsIn([commandAt(other)], handled)).toEqual(['CommandTaken'])
    }
  })
})
