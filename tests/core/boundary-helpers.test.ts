import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { boundaryOf } from '../../src/core/boundary'
import {
  conditionCopy,
  conditionProblem,
  matches,
  rebuildsOf,
  sightOf,
} from '../../src/core/boundary-query'
import { boundaryConflict } from '../../src/core/errors/conflict'
import { invalidQuery } from '../../src/core/errors/invalid'
import { storeFailed } from '../../src/core/errors/store'
import { appendHooks } from '../../src/core/ports/append-hooks'
import { neverInvalid } from '../../src/core/ports/never-invalid'
import { add, counter } from '../support/counter'
import { left } from '../support/right'

describe('what the library reads by itself', () => {
  it('fails as a defect of the store if the store calls it invalid, and otherwise as the store does', async () => {
    const invalid = invalidQuery('no')
    expect(await left(neverInvalid(TE.left(invalid)))).toMatchObject({
      _tag: 'StoreFailed',
      cause: invalid,
    })
    const failed = storeFailed('Unavailable', 'nothingWritten', new Error('down'))
    expect(await left(neverInvalid(TE.left(failed)))).toBe(failed)
  })
})

describe('hooks after appends', () => {
  const events = [{ id: 'a', type: 'A', schemaVersion: 1, data: {}, metadata: {} }]
  const request = { streamId: 'a-1', expectedVersion: 'any', events, commands: [] } as const
  const appended = { version: 1, positions: [], recordedAt: 1 }

  it('are not called for an append that has failed, nor for a stream of which nothing is said', async () => {
    const called: unknown[] = []
    const { afterAppend, hooked } = appendHooks((call) => {
      call()
    })
    afterAppend({ run: (stored) => void called.push(stored), onError: () => undefined })
    await hooked(
      [request],
      () => Promise.resolve(E.left('no')),
      () => [],
    )()
    await hooked(
      [request],
      () => Promise.resolve(E.right('yes')),
      () => [],
    )()
    expect(called).toEqual([])
    await hooked(
      [request],
      () => Promise.resolve(E.right(appended)),
      (one) => [one],
    )()
    expect(called).toMatchObject([[{ streamId: 'a-1', version: 1, position: 0 }]])
  })
})

describe('a sight', () => {
  it('keeps of which rebuild it is', () => {
    expect(sightOf(1, 2, 0)).toEqual({ after: 1, count: 2 })
    expect(sightOf(1, 2, 3)).toEqual({ after: 1, count: 2, rebuilds: 3 })
    expect(rebuildsOf(undefined, 3)).toBe(3)
    expect(rebuildsOf({ after: 0, count: 1 }, 3)).toBe(3)
    expect(rebuildsOf({ after: 1, count: 1 }, 3)).toBe(0)
    expect(rebuildsOf({ after: 1, count: 1, rebuilds: 2 }, 3)).toBe(2)
    const query = [{ tags: ['a'] }] as const
    for (const sight of [sightOf(1, 1, 0), sightOf(1, 1, 2)]) {
      expect(conditionCopy({ query: [{ tags: ['a'] }], sight })).toEqual({ query, sight })
    }
  })
})

describe('a query', () => {
  it('does not match an event without tags', () => {
    expect(matches([{ tags: ['a'] }], 'A')).toBe(false)
    expect(matches([{ tags: ['a'] }], 'A', ['a'])).toBe(true)
  })

  it('of many tags is named by the first of them in a conflict', () => {
    const query = Array.from({ length: 20 }, (_, n) => ({ tags: [`tag-${n}`] as const }))
    const [first = { tags: ['a'] as const }, ...others] = query
    expect(boundaryConflict([first, ...others], 7).message).toMatch(/tag-0.*and \d+ more/)
  })
})

describe('a stream as a boundary', () => {
  it('has the tag of the stream beside those of its category', () => {
    const added = { type: 'Added', amount: 1 } as const
    const { query, tags } = boundaryOf({ ...counter, tags: () => ['sum'] }, 'a')
    expect(tags(added)).toEqual(['counter-a', 'sum'])
    expect(boundaryOf(counter, 'a').tags(added)).toEqual(['counter-a'])
    expect(query(add(1))).toEqual([{ tags: ['counter-a'] }])
  })
})

describe('a condition', () => {
  const query = [{ tags: ['course:math'] }]
  const sight = { after: 0, count: 0 }
  const throwing = (name: string) =>
    Object.defineProperty({ query, sight }, name, {
      get: () => {
        throw new Error('not now')
      },
    })
  const revoked = Proxy.revocable({}, {})
  revoked.revoke()

  it.each<[string, unknown, string]>([
    ['is none', null, 'the query has no item'],
    ['has a query that throws', throwing('query'), 'the condition cannot be read'],
    ['has a sight that throws', throwing('sight'), 'the condition cannot be read'],
    [
      'has a sight whose numbers throw',
      {
        query,
        sight: Object.defineProperty({ count: 0 }, 'after', {
          get: () => {
            throw new Error('not now')
          },
        }),
      },
      'the sight cannot be read',
    ],
    ['is a revoked proxy', revoked.proxy, 'the condition cannot be read'],
  ])('that %s is refused in words', (_name, condition, problem) => {
    expect(conditionProblem(condition)).toBe(problem)
  })

  it('that is valid is not', () => {
    expect(conditionProblem({ query, sight })).toBeUndefined()
  })
})
