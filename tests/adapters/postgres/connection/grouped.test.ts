import * as E from 'fp-ts/Either'
import { grouped, type Grouping } from '../../../../src/adapters/postgres/connection/grouped'

const grouping: Grouping<string, E.Either<never, string>> = {
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
}

/** Calls that are strings, each its own key; the statements they went out in. */
const watched = () => {
  const statements: string[][] = []
  const call = grouped<string, E.Either<never, string>>((calls) => {
    statements.push([...calls])
    return Promise.resolve(calls.map((each) => E.right(each.toUpperCase())))
  }, grouping)
  return { call, statements }
}

/** The same, where the first statement ends when it is told to; up to four may be under way. */
const held = (own: { readonly oneAtATime?: boolean; readonly slow?: number }) => {
  let end = (): void => undefined
  const ending = new Promise<void>((resolve) => (end = resolve))
  const statements: string[][] = []
  const call = grouped<string, E.Either<never, string>>(
    async (calls) => {
      statements.push([...calls])
      if (statements.length === 1) await ending
      return calls.map((each) => E.right(each.toUpperCase()))
    },
    { ...grouping, statements: 4, ...own },
  )
  return { call, statements, end }
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

describe('statements that are under way at the same time', () => {
  /** A statement that has not ended, beside sixteen calls with other keys and one with the same key. */
  const crowded = (own: { readonly oneAtATime?: boolean; readonly slow?: number }) => {
    const { call, statements, end } = held(own)
    const first = call('same')
    const others = Array.from({ length: 31 }, (_, n) => call(n === 3 ? 'same' : `other-${n}`))
    return { first, others, statements, end }
  }

  it('have no key in common where calls with a key are under way one at a time', async () => {
    const { first, others, statements, end } = crowded({ oneAtATime: true, slow: 60_000 })
    expect(statements).toHaveLength(2)
    expect(statements[1]).not.toContain('same')
    end()
    await Promise.all([first, ...others])
    expect(statements.flat().filter((key) => key === 'same')).toHaveLength(2)
  })

  it('may have one in common elsewhere', async () => {
    const { first, others, statements, end } = crowded({})
    expect(statements[1]).toContain('same')
    end()
    await Promise.all([first, ...others])
  })

  it('may have one in common where one of them is slow: no call waits behind that', async () => {
    const { first, others, end } = crowded({ oneAtATime: true, slow: 1 })
    await Promise.all(others) // the first has not ended
    end()
    expect(await first).toEqual(E.right('SAME'))
  })
})
