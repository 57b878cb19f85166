import * as E from 'fp-ts/Either'
import fc from 'fast-check'
import type { HistoricEvent } from '../../../src/core/ports/transfer'
import { eventLine, parseLine } from '../../../src/core/transfer/archive'
import { decodedEvent } from '../../../src/core/transfer/encoded-event'
import { lineParser } from '../../../src/core/transfer/parse-line'
import { type ArchiveLines, eventRow, parseAny } from '../../../src/core/transfer/rows'

const encoder = new TextEncoder()

/** Reads a line among others, as it is in a file. */
const read = (lines: ArchiveLines, text: string) => {
  const before = encoder.encode('{"before":1}\n')
  const line = encoder.encode(text)
  const bytes = new Uint8Array([...before, ...line, ...encoder.encode('\n{"after":1}\n')])
  const place = { line: 2, start: before.length, length: line.length }
  return lineParser(lines)({ ...place, bytes, from: before.length })
}

/** The event of a line, however it was read. */
const eventOf = (line: ReturnType<typeof read>): unknown =>
  E.isLeft(line) || line.right._tag !== 'Event' ? undefined : decodedEvent(line.right.event)

const wellFormed = fc.string({ unit: 'binary' }).filter((text) => !text.includes('\u0000'))
const name = wellFormed.filter((text) => text.length > 0 && text.length < 40)
const json = fc
  .jsonValue({ stringUnit: 'binary' })
  .map((value): unknown => JSON.parse(JSON.stringify(value).replaceAll('\\u0000', '')))
const event: fc.Arbitrary<HistoricEvent> = fc.record({
  id: fc.uuid(),
  streamId: name.map((id) => `account-${id}`),
  version: fc.integer({ min: 1, max: 1_000_000 }),
  recordedAt: fc.integer({ min: 0, max: 4_000_000_000_000 }),
  type: name,
  schemaVersion: fc.integer({ min: 1, max: 32_767 }),
  data: json.map((value) => ({ value, '\n"\\': [value] }) as HistoricEvent['data']),
  metadata: fc.oneof(
    fc.constant({}),
    fc.record({ actor: wellFormed, correlationId: name }),
    fc.record({
      extra: fc.constant({ a: [1, { b: '\\' }] }),
      beginning: fc.constant(true as const),
    }),
  ),
  tags: fc.uniqueArray(name, { minLength: 1, maxLength: 4 }).map((tags) => tags.toSorted()),
})

describe('an event of an archive', () => {
  it.each([
    ['json', eventLine],
    ['rows', eventRow],
  ] as const)('is read as it was written: %s', (lines, write) => {
    fc.assert(
      fc.property(event, (written) => {
        const text = write(written, 7).slice(0, -1)
        expect(eventOf(read(lines, text))).toEqual(written)
        expect(eventOf(parseAny(lines, text))).toEqual(written)
      }),
    )
  })

  it.each([
    ['json', eventLine],
    ['rows', eventRow],
  ] as const)('is read from its bytes only as it is when it is parsed: %s', (lines, write) => {
    const broken = fc.record({
      written: event,
      at: fc.nat(),
      put: fc.constantFrom(
        '',
        '"',
        '\\',
        '{',
        '}',
        ',',
        '1',
        '-',
        '\t',
        'e',
        '\\u0000',
        '\\ud800',
        '.',
      ),
      gone: fc.nat({ max: 2 }),
    })
    fc.assert(
      fc.property(broken, ({ written, at, put, gone }) => {
        const whole = write(written, 7).slice(0, -1)
        const cut = at % whole.length
        const text = `${whole.slice(0, cut)}${put}${whole.slice(cut + gone)}`.toWellFormed()
        const [fast, parsed] = [eventOf(read(lines, text)), eventOf(parseAny(lines, text))]
        expect(fast).toEqual(parsed)
      }),
      { numRuns: 300 },
    )
  })

  it('is taken from its bytes where an export has written it, and its JSON is left as it is', () => {
    const plain = '{"id":"0190a000-0000-7000-8000-000000000001","streamId":"a-1","version":1'
    const rest = '"recordedAt":5,"type":"T","schemaVersion":1,"data":{"n":12345678901234567890.10}'
    const text = `${plain},"position":1,${rest},"metadata":{"actor":"ann"}}`
    const line = read('json', text)
    if (E.isLeft(line) || line.right._tag !== 'Event') throw new Error('it is no event')
    const { event: encoded } = line.right
    if (!('raw' in encoded)) throw new Error('it was parsed')
    const { bytes, data, dataEnd } = encoded.raw
    expect(new TextDecoder().decode(bytes.subarray(data, dataEnd))).toBe(
      '{"n":12345678901234567890.10}',
    )
    expect(decodedEvent(encoded).metadata).toEqual({ actor: 'ann' })
  })

  it.each([
    ['a NUL', '{"a":"\\u0000"}'],
    ['half a character', '{"a":"\\ud83c"}'],
    ['a number beyond all', '{"a":1e999}'],
    ['more levels than a store takes', `{"a":${'['.repeat(250)}${']'.repeat(250)}}`],
    ['no JSON', '{"a":tru}'],
    ['a number with a zero before it', '{"a":01}'],
    ['a sign only', '{"a":-true}'],
    ['a comma too many', '{"a":1,}'],
  ])('is not taken from its bytes where its data has %s', (_what, data) => {
    const plain = '{"id":"0190a000-0000-7000-8000-000000000001","streamId":"a-1","version":1'
    const rest = `"recordedAt":5,"type":"T","schemaVersion":1,"data":${data}`
    const line = read('json', `${plain},"position":1,${rest},"metadata":{}}`)
    const isEncoded = E.isRight(line) && line.right._tag === 'Event' && 'raw' in line.right.event
    expect(isEncoded).toBe(false)
  })

  it('is no row where columns are missing, null, or too many', () => {
    const id = '0190a000-0000-7000-8000-000000000001'
    const row = [id, 'a-1', '1', '1', '5', 'T', '1', '{"a": 1}', '{}', '']
    expect(eventOf(read('rows', row.join('\t')))).toMatchObject({ data: { a: 1 } })
    for (const wrong of [
      row.slice(1),
      [...row, ''],
      row.with(1, '\\N'),
      row.with(1, '\\x41'),
      row.with(7, ''),
      row.with(9, '[1]'),
    ]) {
      expect(read('rows', wrong.join('\t'))).toMatchObject({ _tag: 'Left' })
    }
    expect(parseLine(row.join('\t'))).toMatchObject({ _tag: 'Left' })
  })
})

const plainLine = eventLine(
  {
    id: '0b6c3b53-1d0a-4a8e-9d3c-5f6e7a8b9c0d',
    streamId: 'account-1',
    version: 1,
    recordedAt: 1_795_862_400_123,
    type: 'Opened',
    schemaVersion: 1,
    data: {},
    metadata: {},
  },
  7,
).slice(0, -1)
const nested = (depth: number, open: string, close: string): string =>
  `{"a":${open.repeat(depth)}1${close.repeat(depth)}}`

describe('what its bytes cannot be read by is read as it is when it is parsed', () => {
  it.each([
    ['a number that ends with its point', '"data":{}', '"data":{"a":1.}'],
    ['a character of three digits', '"data":{}', String.raw`"data":{"a":"\u12x4"}`],
    ['a line feed in a text', '"data":{}', '"data":{"a":"\t"}'],
    ['lists in 300 lists', '"data":{}', `"data":${nested(300, '[', ']')}`],
    ['records in 300 records', '"data":{}', `"data":${nested(300, '{"b":', '}')}`],
    ['an actor that is a number', '"metadata":{}', '"metadata":{"actor":5}'],
    ['an actor without a character', '"metadata":{}', '"metadata":{"actor":""}'],
  ])('%s', (_what, from, to) => {
    const text = plainLine.replace(from, to)
    expect(text).not.toBe(plainLine)
    const [byBytes, parsed] = [read('json', text), parseAny('json', text)]
    expect(E.isLeft(byBytes)).toBe(E.isLeft(parsed))
    expect(eventOf(byBytes)).toEqual(eventOf(parsed))
  })
})

it('names of one length that share a place in memory are not taken for each other', () => {
  const parse = lineParser('json')
  for (let index = 0; index < 40_000; index++) {
    const streamId = `account-${String(index).padStart(6, '0')}`
    const bytes = encoder.encode(plainLine.replace('account-1', streamId))
    const line = parse({ line: 2, start: 0, length: bytes.length, bytes, from: 0 })
    const found = E.isRight(line) && line.right._tag === 'Event' && line.right.event.streamId
    if (found !== streamId) expect(found).toBe(streamId)
  }
})
