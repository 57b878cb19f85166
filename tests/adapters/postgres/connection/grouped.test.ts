import * as E from 'fp-ts/Either'
import { grouped } from '../../../../src/adapters/postgres/connection/grouped'

/** Calls that are strings, each its own key; the statements they went out in. */
const watched = () => {
  const statements: string[][] = []
  const call = grouped<string, E.Either<never, string>>(
    (calls) => {
      statements.push([...calls])
      return Promise.resolve(calls.map((each) => E.right(each.toUpperCase())))
    },
    {
      name: 'the queue',
      depth: 100,
      statements: 1,
      slow: 1_000,
      size: 100,
      sizeOf: () => 1,
      weight: 100,
      queueWeight: 100,
      weightOf: () => 1,
      failed: () => E.right('failed'),
      keyOf: (each) => each,
    },
  )
  return { call, statements }
}

describe('calls that share a statement', () => {
  // Two statements that lock the same rows in two orders wait for each other.
  it('are in the order of their keys, not of their arrival', async () => {
    const { call, statements } = watched()
    const answers = await Promise.all(['first', 'c', 'B', 'a', 'é'].map(call))
    expect(statements).toEqual([['first'], ['B', 'a', 'c', 'é']])
    expect(answers).toEqual(['FIRST', 'C', 'B', 'A', 'É'].map((each) => E.right(each)))
  })

  it('never have the same key', async () => {
    const { call, statements } = watched()
    await Promise.all(['first', 'a', 'b', 'a'].map(call))
    expect(statements).toEqual([['first'], ['a', 'b'], ['a']])
  })
})
