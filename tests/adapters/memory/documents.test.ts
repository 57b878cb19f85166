import { memoryDocuments } from '../../../src/adapters/memory/documents'

describe('memoryDocuments', () => {
  it('shows a transaction its own writes, and nobody else before the commit', () => {
    const documents = memoryDocuments()
    const { transaction, commit } = documents.begin()
    transaction.put('names', 'a', 1)
    expect(transaction.get('names', 'a')).toBe(1)
    expect(transaction.all('names')).toEqual([{ key: 'a', value: 1 }])
    expect(documents.get('names', 'a')).toBeUndefined()
    expect(documents.all('names')).toEqual([])
    commit()
    expect(documents.get('names', 'a')).toBe(1)
  })

  it('deletes with the commit, and not before', () => {
    const documents = memoryDocuments()
    const first = documents.begin()
    first.transaction.put('names', 'a', 1)
    first.commit()
    const second = documents.begin()
    second.transaction.delete('names', 'a')
    expect(second.transaction.get('names', 'a')).toBeUndefined()
    expect(documents.get('names', 'a')).toBe(1)
    second.commit()
    expect(documents.all('names')).toEqual([])
  })

  it('forgets a transaction that is not committed', () => {
    const documents = memoryDocuments()
    documents.begin().transaction.put('names', 'a', 1)
    expect(documents.all('names')).toEqual([])
  })

  it('takes no writes from a transaction that is over', () => {
    const documents = memoryDocuments()
    const { transaction, commit } = documents.begin()
    transaction.put('names', 'a', 1)
    commit()
    transaction.put('names', 'a', 2)
    expect(documents.get('names', 'a')).toBe(1)
  })

  it('keeps collections apart', () => {
    const documents = memoryDocuments()
    const { transaction, commit } = documents.begin()
    transaction.put('left', 'a', 1)
    transaction.put('right', 'a', 2)
    commit()
    expect([documents.get('left', 'a'), documents.get('right', 'a')]).toEqual([1, 2])
  })

  it('keeps documents out of the reach of whoever wrote or read them', () => {
    const documents = memoryDocuments()
    const { transaction, commit } = documents.begin()
    const value = { list: [1] }
    transaction.put('names', 'a', value)
    commit()
    value.list.push(2)
    expect(documents.get('names', 'a')).toEqual({ list: [1] })
    expect(Object.isFrozen(documents.get('names', 'a'))).toBe(true)
  })
})
