import * as E from 'fp-ts/Either'
import { Metadata } from '../../src/core/metadata'

const full: Metadata = {
  commandId: 'a',
  correlationId: 'b',
  causationId: 'c',
  actor: 'd',
  extra: { tenant: 1 },
}

describe('Metadata', () => {
  it('reads back every key, and none', () => {
    expect(Metadata.decode(full)).toEqual(E.right(full))
    expect(Metadata.decode({})).toEqual(E.right({}))
  })

  it('writes what it reads', () => {
    expect(Metadata.encode(full)).toEqual(full)
    expect(Metadata.is(full)).toBe(true)
  })

  it('drops keys that it does not know', () => {
    expect(Metadata.decode({ actor: 'd', color: 'red' })).toEqual(E.right({ actor: 'd' }))
  })

  it.each([[{ actor: 1 }], [{ extra: [] }], [{ extra: null }], [{ extra: 'x' }], [null], ['x']])(
    'rejects %j',
    (value) => {
      expect(E.isLeft(Metadata.decode(value))).toBe(true)
    },
  )
})
