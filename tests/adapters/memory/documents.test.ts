import { memoryDocuments } from '../../../src/adapters/memory/documents'

describe('memoryDocuments', () => {
  it('shows a transaction its own writes, and no other reader before the commit', () => {
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

  it('isolates documents from those who wrote or read them', () => {
    const documents = memoryDocuments()
    const { transaction, commit } = documents.begin()
    const value = { list: [1] }
    transaction.put('names', 'a', value)
    commit()
    value.list.push(2)
    expect(documents.get('names', 'a')).toEqual({ list: [1] })
    expect(Object.isFrozen(documents.get('names', 'a'))).toBe(true)
  })

  it('lets a transaction wait for a lock until the other one has ended, in either way', async () => {
    const documents = memoryDocuments()
    const order: string[] = []
    const first = documents.begin()
    expect(await first.transaction.lock('names', ['b', 'a'])).toBe(true)
    expect(await first.transaction.lock('names', ['a'])).toBe(true) // its own already
    const locked = ['second', 'third'].map(async (name) => {
      const open = documents.begin()
      expect(await open.transaction.lock('names', ['a', 'c'])).toBe(true)
      order.push(name)
      open.rollback()
    })
    expect(await documents.begin().transaction.lock('others', ['a'])).toBe(true)
    order.push('first')
    first.commit()
    await Promise.all(locked)
    expect(order).toEqual(['first', 'second', 'third'])
  })

  it('rejects the lock with which two transactions would wait for each other', async () => {
    const documents = memoryDocuments()
    const [one, other] = [documents.begin(), documents.begin()]
    await one.transaction.lock('names', ['a'])
    await other.transaction.lock('names', ['b'])
    const waiting = one.transaction.lock('names', ['b'])
    expect(await other.transaction.lock('names', ['a'])).toBe(false)
    other.rollback()
    expect(await waiting).toBe(true)
  })
})
