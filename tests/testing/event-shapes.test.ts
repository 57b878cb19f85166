import * as t from 'io-ts'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventCodec, eventType } from 'reprise/codec'
import { combineEventCodecs, manyEventCodec } from 'reprise/algebra'
import { assertEventShapes, checkEventShapes, recordEventShapes } from 'reprise/testing'
import { describeCodec } from '../../src/testing/describe-codec'

const Opened = t.strict({ type: t.literal('Opened'), owner: t.string })
const Renamed = t.strict({ type: t.literal('Opened'), holder: t.string })
const Closed = t.strict({ type: t.literal('Closed') })

const released = eventCodec<t.TypeOf<typeof Opened>>({ Opened: eventType(Opened) })
const changed = eventCodec<t.TypeOf<typeof Renamed>>({ Opened: eventType(Renamed) })
const upcasted = eventCodec<t.TypeOf<typeof Renamed>>({
  Opened: eventType(Renamed, [({ owner = '' }) => ({ holder: owner })]),
})

describe('the event-shape gate', () => {
  const folder = mkdtempSync(join(tmpdir(), 'reprise-shapes-'))
  const ci = process.env['CI']
  let count = 0
  const fresh = () => join(folder, `deep/${(count += 1)}.json`)
  const restore = () => {
    if (ci === undefined) delete process.env['CI']
    else process.env['CI'] = ci
  }
  beforeEach(() => delete process.env['CI'])
  afterAll(() => {
    restore()
    rmSync(folder, { recursive: true })
  })

  it('records what is new, and passes as long as nothing changes', () => {
    const file = fresh()
    expect(recordEventShapes(released, file).added).toEqual(['Opened v1'])
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({
      Opened: { 1: { owner: 'string', type: { literal: 'Opened' } } },
    })
    expect(recordEventShapes(released, file)).toMatchObject({ added: [], problems: [] })
    expect(() => assertEventShapes(released, file)).not.toThrow()
  })

  it('fails when a released shape changes without a new schema version, and leaves the file alone', () => {
    const file = fresh()
    recordEventShapes(released, file)
    const before = readFileSync(file, 'utf8')
    expect(() => assertEventShapes(changed, file)).toThrow('Opened v1 was released as')
    expect(readFileSync(file, 'utf8')).toBe(before)
  })

  it('records a new schema version beside the old one', () => {
    const file = fresh()
    recordEventShapes(released, file)
    expect(recordEventShapes(upcasted, file)).toMatchObject({ added: ['Opened v2'], problems: [] })
    expect(Object.keys(checkEventShapes(upcasted, file).shapes['Opened'] ?? {})).toEqual(['1', '2'])
  })

  it('fails when an upcaster or a whole type is gone', () => {
    const file = fresh()
    recordEventShapes(upcasted, file)
    expect(checkEventShapes(changed, file).problems).toEqual([
      'Opened was released at schema version 2 and is at 1 now: an upcaster is missing.',
    ])
    const other = eventCodec<t.TypeOf<typeof Closed>>({ Closed: eventType(Closed) })
    expect(checkEventShapes(other, file).problems).toEqual([
      'Opened was released and has been removed: its stored events cannot be read.',
    ])
  })

  it('records nothing on a build server, and fails there for what is not recorded', () => {
    const file = fresh()
    process.env['CI'] = 'true'
    expect(() => assertEventShapes(released, file)).toThrow('Opened v1 is not in')
    expect(checkEventShapes(released, file).added).toEqual(['Opened v1'])
  })

  it.each([
    ['{', 'cannot be read'],
    ['[]', 'is not a file of event shapes'],
    ['null', 'is not a file of event shapes'],
    ['{"Opened":[]}', 'is not a file of event shapes'],
  ])('says when the file holds %s', (content, message) => {
    const file = join(folder, 'broken.json')
    writeFileSync(file, content)
    expect(checkEventShapes(released, file).problems[0]).toContain(message)
  })

  it('knows the types of combinations, and of many', () => {
    const whole = combineEventCodecs({ accounts: manyEventCodec(released) })
    const { shapes } = checkEventShapes(whole, fresh())
    expect(shapes).toEqual({
      'accounts/Opened': {
        1: {
          event: { event: { owner: 'string', type: { literal: 'Opened' } }, key: 'string' },
          key: { literal: 'accounts' },
        },
      },
    })
  })

  it('knows a codec without shapes by its version', () => {
    const { shapes: _, ...opaque } = released
    expect(checkEventShapes(opaque, fresh()).shapes).toEqual({ Opened: { 1: 'unnamed' } })
  })
})

describe('describeCodec', () => {
  it.each([
    [t.keyof({ b: null, a: null }), { oneOf: ['a', 'b'] }],
    [t.array(t.string), { arrayOf: 'string' }],
    [t.readonlyArray(t.null), { arrayOf: 'null' }],
    [t.readonly(t.type({ a: t.boolean })), { a: 'boolean' }],
    [t.union([t.null, t.number]), { oneOf: ['null', 'number'] }],
    [t.tuple([t.string, t.unknown]), { tupleOf: ['string', 'unknown'] }],
    [
      t.intersection([t.type({ b: t.string }), t.partial({ a: t.string })]),
      { b: 'string', 'a?': 'string' },
    ],
    [t.intersection([t.string, t.string]), { allOf: ['string', 'string'] }],
    [t.record(t.string, t.number), { recordOf: 'number' }],
    [t.Int, { is: 'Int', of: 'number' }],
    [t.undefined, 'undefined'],
  ])('writes %p as JSON', (codec, described) => {
    expect(describeCodec(codec)).toEqual(described)
  })
})
