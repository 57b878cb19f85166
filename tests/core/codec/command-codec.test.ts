import * as E from 'fp-ts/Either'
import * as t from 'io-ts'
import { commandCodec } from '../../../src/core/codec/command-codec'

const Open = t.strict({ type: t.literal('Open'), owner: t.string })
const Close = t.strict({ type: t.literal('Close') })
type Command = t.TypeOf<typeof Open> | t.TypeOf<typeof Close>

const codec = commandCodec<Command>({ Open, Close })

describe('commandCodec', () => {
  it('takes a valid command, and drops what it does not know', () => {
    expect(codec.decode({ type: 'Open', owner: 'Ada', note: 1 })).toEqual(
      E.right({ type: 'Open', owner: 'Ada' }),
    )
    expect(codec.decode({ type: 'Close' })).toEqual(E.right({ type: 'Close' }))
  })

  it('names the one path at which a command does not fit', () => {
    expect(codec.decode({ type: 'Open', owner: 7 })).toEqual(
      E.left([{ path: 'owner', message: 'expected string, got 7' }]),
    )
  })

  it('writes a command so that it is read again', () => {
    expect(codec.encode({ type: 'Open', owner: 'Ada' })).toEqual(
      E.right({ type: 'Open', owner: 'Ada' }),
    )
  })

  it('rejects to write what it would not read again', () => {
    const wrong = { type: 'Open', owner: 7 } as unknown as Command
    const issues = [{ path: 'owner', message: 'expected string, got 7' }]
    expect(codec.encode(wrong)).toEqual(E.left(issues))
    const lone: Command = { type: 'Open', owner: '\ud800' }
    expect(codec.encode(lone)).toMatchObject({ _tag: 'Left', left: [{ path: 'owner' }] })
    const unknown = { type: 'Burn' } as unknown as Command
    expect(codec.encode(unknown)).toMatchObject({ _tag: 'Left', left: [{ path: 'type' }] })
  })

  it.each<readonly [unknown, string]>([
    [{ type: 'Burn' }, '"Burn"'],
    [{ type: 'toString' }, '"toString"'],
    [{ type: 7 }, '7'],
    [{}, 'undefined'],
    [null, 'undefined'],
    [undefined, 'undefined'],
    ['Open', 'undefined'],
  ])('rejects %j, and names the commands that it knows', (input, shown) => {
    expect(codec.decode(input)).toEqual(
      E.left([
        { path: 'type', message: `unknown command type ${shown}; known types: Open, Close` },
      ]),
    )
  })
})
