import fc from 'fast-check'
import * as E from 'fp-ts/Either'
import { categoryOf, streamId, streamIdError } from '../../src/core/stream'

describe('streamId', () => {
  it('joins the category and the id', () => {
    expect(streamId('account', 'A1')).toEqual(E.right('account-A1'))
    expect(streamId('account', 'A-1-')).toEqual(E.right('account-A-1-'))
  })

  it('takes 255 characters, and not one more', () => {
    expect(E.isRight(streamId('a', 'x'.repeat(253)))).toBe(true)
    expect(streamId('a', 'x'.repeat(254))).toMatchObject(
      E.left({ _tag: 'InvalidStreamId', reason: 'it has 256 characters; the limit is 255' }),
    )
  })

  it.each([
    ['', 'x', 'the category is missing'],
    ['a', '', 'the id after the category is empty'],
    ['a-b', 'c', "must not contain '-'"],
    ['a', 'b\u0000', 'control character'],
    ['a', 'b\u007f', 'control character'],
    ['a\n', 'b', 'control character'],
    ['a', '\ud800', 'lone surrogate'],
  ])('rejects the category %j with the id %j', (category, id, reason) => {
    const made = streamId(category, id)
    expect(made).toMatchObject(E.left({ reason: expect.stringContaining(reason) as string }))
  })

  it('has the category that it was made with', () => {
    const category = fc
      .string({ minLength: 1, maxLength: 100 })
      .filter((text) => !text.includes('-'))
    fc.assert(
      fc.property(category, fc.string({ minLength: 1, maxLength: 100 }), (name, id) => {
        const made = streamId(name, id)
        fc.pre(E.isRight(made))
        if (E.isRight(made)) expect(categoryOf(made.right)).toBe(name)
      }),
    )
  })
})

describe('streamIdError', () => {
  it('rejects text without a dash', () => {
    expect(streamIdError('account')?.message).toBe(
      '"account" is not a valid stream id: it must have the form category-id; the category is missing.',
    )
  })

  it('rejects what is not text, whatever its static type', () => {
    expect(streamIdError(JSON.parse('7') as string)?.reason).toBe('it must be a string')
  })
})

describe('categoryOf', () => {
  it('is what stands before the first dash', () => {
    expect(categoryOf('account-A-1')).toBe('account')
  })

  it('is all of an id without a dash', () => {
    expect(categoryOf('account')).toBe('account')
  })
})
