import * as E from 'fp-ts/Either'
import * as t from 'io-ts'
import { stateCodec } from '../../../src/core/codec/state-codec'

const codec = stateCodec(3, t.strict({ balance: t.number }))

describe('stateCodec', () => {
  it('reads what it wrote', () => {
    const encoded = codec.encode({ balance: 7 })
    expect(encoded).toEqual(E.right({ balance: 7 }))
    expect(codec.decode({ balance: 7 })).toEqual(E.right({ balance: 7 }))
    expect(codec.schemaVersion).toBe(3)
  })

  it('does not write what is not JSON', () => {
    expect(codec.encode({ balance: Number.NaN })).toEqual(
      E.left([{ path: 'balance', message: 'NaN is not JSON' }]),
    )
  })

  it('names the path at which a stored state does not fit', () => {
    expect(codec.decode({ balance: null })).toEqual(
      E.left([{ path: 'balance', message: 'expected number, got null' }]),
    )
  })

  it('does not write a state that it would not read back', () => {
    const codec = stateCodec(1, t.strict({ balance: t.number }))
    const wrong = { balance: 'much' } as unknown as { balance: number }
    expect(codec.encode(wrong)).toEqual(
      E.left([{ path: 'balance', message: 'expected number, got "much"' }]),
    )
  })
})
