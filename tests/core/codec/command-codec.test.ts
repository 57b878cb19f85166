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

  it.each<readonly [unknown, string]>([
    [{ type: 'Burn' }, '"Burn"'],
    [{ type: 'toString' }, '"toString"'],
    [{ type: 7 }, '7'],
    [{}, 'undefined'],
    [null, 'undefined'],
    [undefined, 'undefined'],
    ['Open', 'undefined'],
  ])('refuses %j, and names the commands that it knows', (input, shown) => {
    expect(codec.decode(input)).toEqual(
      E.left([
        { path: 'type', message: `the command type ${shown} is not known; known are Open, Close` },
      ]),
    )
  })
})
