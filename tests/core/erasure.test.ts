import { type Erasing, erasingProblem, nothingToErase } from '../../src/core/operator/erasure'

const erasing: Erasing = { streamId: 'account-A1', by: 'grace', why: 'asked for by its owner' }
const document = { collection: 'balances', key: 'A1' }

describe('what a stream is erased with', () => {
  it('is enough with a name and a reason, and may name documents', () => {
    expect(erasingProblem(erasing)).toBeUndefined()
    expect(erasingProblem({ ...erasing, documents: [document] })).toBeUndefined()
  })

  it.each<[string, Partial<Erasing>, string]>([
    ['a stream of another form', { streamId: 'account' }, 'stream'],
    ['nobody', { by: '' }, 'operator'],
    ['no reason', { why: ' ' }, 'reason'],
    ['a reason that no store can hold', { why: 'a\u0000b' }, 'reason'],
    ['a reason that is too long', { why: 'x'.repeat(2_001) }, 'reason'],
    [
      'too many documents',
      { documents: Array.from({ length: 10_001 }, () => document) },
      '10000 at most',
    ],
    [
      'a collection that no store can hold',
      { documents: [document, { ...document, collection: '\u0000' }] },
      'no store can hold',
    ],
    ['a key that no store can hold', { documents: [{ ...document, key: '\u0000' }] }, 'can hold'],
  ])('is refused: %s', (_name, change, message) => {
    expect(erasingProblem({ ...erasing, ...change })).toMatchObject({
      _tag: 'InvalidOperation',
      message: expect.stringContaining(message),
    })
  })

  it('says that a stream without events has nothing to erase', () => {
    expect(nothingToErase('account-A1').message).toContain('account-A1 has no events')
  })
})
