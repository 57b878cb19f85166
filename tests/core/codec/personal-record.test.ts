import * as t from 'io-ts'
import { recordCodec } from '../../../src/core/codec/fields'
import { personal } from '../../../src/core/codec/personal'

describe('the codec of a record with a personal field', () => {
  const codec = recordCodec('Person', {
    id: t.string,
    name: personal(({ id }: { readonly id: string }) => id, t.string),
  })

  it('writes the field so that no text shows it', () => {
    const written = JSON.stringify(codec.encode({ id: 'c-7', name: 'Ada' }))
    expect(written).toContain('c-7')
    expect(written).not.toContain('Ada')
  })
})
