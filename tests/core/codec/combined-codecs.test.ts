import * as E from 'fp-ts/Either'
import * as t from 'io-ts'
import { oneOf } from '../../../src/core/codec/command-codec'
import { type Category, type Decider } from 'reprise'
import { commandCodec, eventCodec, eventType, stateCodec } from 'reprise/codec'
import {
  combine,
  combineCommandCodecs,
  combineEventCodecs,
  combineStateCodecs,
  type KeyedCommand,
  type KeyedEvent,
  type KeyedRejection,
  manyCommandCodec,
  manyEventCodec,
  manyStateCodec,
} from 'reprise/algebra'

const Add = t.strict({ type: t.literal('Add'), by: t.number })
const Added = t.strict({ type: t.literal('Added'), by: t.number })
const Reset = t.strict({ type: t.literal('Reset') })
type Add = t.TypeOf<typeof Add>
type Added = t.TypeOf<typeof Added>

const commands = commandCodec<Add>({ Add })
const events = eventCodec<Added>({ Added: eventType(Added) })
const state = stateCodec(1, t.number)
const bad: Added = { type: 'Added', by: Number.NaN }
const codec = combineEventCodecs({ left: events, right: events })

describe('combineEventCodecs', () => {
  it('knows the schema version of every type under its key', () => {
    expect(codec.schemaVersions).toEqual({ 'left/Added': 1, 'right/Added': 1 })
  })

  it.each(['middle/Added', 'Added', '/Added', 'left/Lost', 'left'])(
    'rejects the stored type %s',
    (type) => {
      expect(E.isLeft(codec.decode({ type, schemaVersion: 1, data: { by: 1 } }))).toBe(true)
    },
  )

  it('fails to write what its part rejects', () => {
    expect(codec.encode({ key: 'left', event: bad })).toEqual(
      E.left([{ path: 'by', message: 'NaN is not JSON' }]),
    )
  })

  it('rejects a key that came past the compiler', () => {
    const whole = combineEventCodecs({ 'a/b': events } as never)
    const event = { type: 'Added', by: 1 }
    expect(whole.encode({ key: 'a/b', event } as never)).toEqual(
      E.left([
        { path: 'key', message: 'the key a/b contains /, which separates keys from event types' },
      ]),
    )
    expect(codec.encode({ key: 'middle', event } as never)).toEqual(
      E.left([{ path: 'key', message: 'no part has the key "middle"; known keys: left, right' }]),
    )
  })

  it('has shapes when all its parts have', () => {
    const { shapes: _, ...opaque } = events
    expect(combineEventCodecs({ opaque }).shapes).toBeUndefined()
    expect(combineEventCodecs({ opaque, events }).shapes).toBeUndefined()
    expect(manyEventCodec(opaque).shapes).toBeUndefined()
  })
})

describe('combineCommandCodecs', () => {
  const whole = combineCommandCodecs({ left: commands })
  const command: Add = { type: 'Add', by: 1 }
  const badCommand: Add = { type: 'Add', by: Number.NaN }

  it('writes what it reads', () => {
    const encoded = whole.encode({ key: 'left', command })
    expect(encoded).toEqual(E.right({ key: 'left', command: { type: 'Add', by: 1 } }))
    expect(E.chain(whole.decode)(encoded)).toEqual(E.right({ key: 'left', command }))
  })

  it('fails to write what its part rejects, and for a part that does not exist', () => {
    expect(whole.encode({ key: 'left', command: badCommand })).toMatchObject(
      E.left([{ path: 'command.by' }]),
    )
    expect(whole.encode({ key: 'middle', command } as never)).toMatchObject(
      E.left([{ path: 'key' }]),
    )
  })

  it('of many fails to write a key that is not text, and what the one codec rejects', () => {
    const many = manyCommandCodec(commands)
    expect(many.encode({ key: '\u0000', command })).toMatchObject(E.left([{ path: 'key' }]))
    expect(many.encode({ key: 'a', command: badCommand })).toMatchObject(
      E.left([{ path: 'command.by' }]),
    )
  })

  it.each([null, 'text', {}, { key: 'middle' }, Object.create({ key: 'left' })])(
    'rejects %p',
    (input) => {
      expect(whole.decode(input)).toMatchObject(E.left([{ path: 'key' }]))
    },
  )

  it('names the path inside the command', () => {
    const decoded = whole.decode({ key: 'left', command: { type: 'Add', by: 'one' } })
    expect(decoded).toMatchObject(E.left([{ path: 'command.by' }]))
    expect(whole.decode({ key: 'left' })).toMatchObject(E.left([{ path: 'command.type' }]))
  })

  it('has a shape when all its parts have', () => {
    const { shape: _, ...opaque } = commands
    expect(combineCommandCodecs({ opaque }).shape).toBeUndefined()
    expect(manyCommandCodec(opaque).shape).toBeUndefined()
    expect(
      manyCommandCodec(commands).shape?.is({ key: 'a', command: { type: 'Add', by: 1 } }),
    ).toBe(true)
  })
})

describe('combineStateCodecs', () => {
  const whole = combineStateCodecs({ left: state, right: state })

  it('fails to write what its part rejects, and to read what is stale or does not match', () => {
    expect(whole.encode({ left: 1, right: Number.NaN })).toMatchObject(E.left([{ path: 'right' }]))
    const fine = { schemaVersion: 1, state: 1 }
    expect(whole.decode({ left: fine })).toMatchObject(E.left([{ path: 'right' }]))
    expect(whole.decode({ left: fine, right: { schemaVersion: 1, state: 'one' } })).toMatchObject(
      E.left([{ path: 'right.state' }]),
    )
  })
})

describe('the codecs of many', () => {
  it('store an event under the type of the one', () => {
    expect(manyEventCodec(events).typeOf({ key: 'a', event: bad })).toBe('Added')
  })

  it('reject a key that is not text, or that no store can store', () => {
    const command = { type: 'Add', by: 1 }
    expect(manyCommandCodec(commands).decode({ key: 1, command })).toMatchObject(
      E.left([{ path: 'key' }]),
    )
    expect(manyCommandCodec(commands).decode({ key: 'a', command: {} })).toMatchObject(
      E.left([{ path: 'command.type' }]),
    )
    expect(manyCommandCodec(commands).decode({ key: '\u0000', command })).toMatchObject(
      E.left([{ path: 'key' }]),
    )
    const event: Added = { type: 'Added', by: 1 }
    expect(manyEventCodec(events).encode({ key: '\u0000', event })).toMatchObject(
      E.left([{ path: 'key' }]),
    )
    expect(manyEventCodec(events).encode({ key: 'a', event: bad })).toMatchObject(
      E.left([{ path: 'event.by' }]),
    )
    expect(E.isLeft(manyStateCodec(state).encode({ '\u0000': 1 }))).toBe(true)
    expect(manyStateCodec(state).encode({ a: Number.NaN })).toMatchObject(E.left([{ path: 'a' }]))
  })

  it.each([
    [{ event: {} }, 'key'],
    [{ key: 'a' }, 'event'],
    [{ key: 'a', event: 1 }, 'event'],
    [{ key: 'a', event: { by: 'one' } }, 'event.by'],
  ])('reject the stored data %p', (data, path) => {
    expect(manyEventCodec(events).decode({ type: 'Added', schemaVersion: 1, data })).toMatchObject(
      E.left([{ path }]),
    )
  })

  it.each([null, 'text', [1], { a: 'one' }])('reject the snapshot %p', (stored) => {
    expect(E.isLeft(manyStateCodec(state).decode(stored))).toBe(true)
  })
})

describe('oneOf', () => {
  it('takes what one of its codecs takes, and nothing when there is none', () => {
    const both = oneOf<Add | t.TypeOf<typeof Reset>>([t.union([Add, Reset]), t.union([Reset, Add])])
    expect(both.is({ type: 'Reset' })).toBe(true)
    expect(oneOf([]).is({ type: 'Reset' })).toBe(false)
    expect(E.isLeft(oneOf([]).decode({ type: 'Reset' }))).toBe(true)
  })
})

describe('a combination of deciders and their codecs', () => {
  it('is a category like any other', () => {
    const adder: Decider<Add, number, Added, never> = {
      initialState: 0,
      decide: ({ by }) => E.right([{ type: 'Added', by }]),
      evolve: (sum, { by }) => sum + by,
    }
    const category: Category<
      KeyedCommand<{ left: Add; right: Add }>,
      { left: number; right: number },
      KeyedEvent<{ left: Added; right: Added }>,
      KeyedRejection<{ left: never; right: never }>
    > = {
      name: 'pair',
      decider: combine({ left: adder, right: adder }),
      commands: combineCommandCodecs({ left: commands, right: commands }),
      events: codec,
      snapshots: {
        state: combineStateCodecs({ left: state, right: state }),
        policy: { _tag: 'Never' },
      },
    }
    expect(category.events.schemaVersions).toHaveProperty(['left/Added'], 1)
  })
})
