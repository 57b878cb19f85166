import fc from 'fast-check'
import { isUuid } from '../../src/core/uuid'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
const id = '0190a1b2-C3d4-7e5f-8091-a2B3c4d5e6f7'

describe('isUuid', () => {
  it('takes what has the digits and dashes of a UUID', () => {
    fc.assert(fc.property(fc.uuid(), (uuid) => isUuid(uuid) && isUuid(uuid.toUpperCase())))
  })

  it('rejects a UUID in which any one character is another', () => {
    const other = fc.oneof(
      fc.string({ minLength: 1, maxLength: 1 }),
      fc.constantFrom('g', '-', '😀', 'ſ'),
    )
    fc.assert(
      fc.property(fc.nat(35), other, (at, character) => {
        const changed = `${id.slice(0, at)}${character}${id.slice(at + 1)}`
        expect([changed, isUuid(changed)]).toEqual([changed, UUID.test(changed)])
      }),
      { numRuns: 2_000 },
    )
  })

  it.each(['', `${id}0`, id.slice(1), ` ${id.slice(1)}`, undefined, null, 7, [id]])(
    'rejects %p',
    (text) => {
      expect(isUuid(text)).toBe(false)
    },
  )
})
