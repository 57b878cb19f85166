import * as E from 'fp-ts/Either'
import { commandOptionsFrom, entityTag, type RequestOptions } from 'reprise/http'
import { rightOf } from '../support/right'

const optionsOf = (headers: Readonly<Record<string, string>>): RequestOptions =>
  rightOf(commandOptionsFrom(new Headers(headers)))

/** At which of the first five versions the preconditions hold. */
const holdsAt = (headers: Readonly<Record<string, string>>): ReadonlyArray<number> =>
  [0, 1, 2, 3, 4].filter((version) => optionsOf(headers).holdsAt?.(version))

describe('entityTag', () => {
  it('is strong, and is what If-Match expects', () => {
    expect(entityTag(3)).toBe('"3"')
    expect(optionsOf({ 'if-match': entityTag(3) })).toMatchObject({ expectedVersion: 3 })
  })
})

describe('the preconditions of a request', () => {
  it('are none without a header', () => {
    expect(optionsOf({})).toEqual({})
  })

  it.each([
    ['*', 'mustExist', [1, 2, 3, 4]],
    ['"3"', 3, [3]],
    ['"0"', 0, [0]],
    ['  "3"  ', 3, [3]],
    ['"1", "3"', 3, [1, 3]],
    ['"1","3"', 3, [1, 3]],
    [', "1" ,, "3",', 3, [1, 3]],
    ['W/"3"', 2_147_483_646, []],
    ['W/"3", "1"', 1, [1]],
    ['"a,b", "2"', 2, [2]],
    ['"03"', 2_147_483_646, []],
    ['"ours-not"', 2_147_483_646, []],
    ['""', 2_147_483_646, []],
  ])('are of If-Match: %s', (header, expectedVersion, versions) => {
    expect(optionsOf({ 'if-match': header })).toMatchObject({ expectedVersion })
    expect(holdsAt({ 'if-match': header })).toEqual(versions)
  })

  it.each([
    ['*', 'mustNotExist', [0]],
    ['"3"', 2_147_483_646, [0, 1, 2, 4]],
    ['W/"3"', 2_147_483_646, [0, 1, 2, 4]],
    ['"1", W/"2"', 2_147_483_646, [0, 3, 4]],
    ['"ours-not"', 2_147_483_646, [0, 1, 2, 3, 4]],
  ])('are of If-None-Match: %s', (header, expectedVersion, versions) => {
    expect(optionsOf({ 'if-none-match': header })).toMatchObject({ expectedVersion })
    expect(holdsAt({ 'if-none-match': header })).toEqual(versions)
  })

  it('are of both headers together', () => {
    expect(holdsAt({ 'if-match': '*', 'if-none-match': '"2"' })).toEqual([1, 3, 4])
    expect(holdsAt({ 'if-match': '"1", "2"', 'if-none-match': '"2"' })).toEqual([1])
    expect(holdsAt({ 'if-match': '"1"', 'if-none-match': '*' })).toEqual([])
  })

  it('are never tried first at a version where they do not hold', () => {
    const nowhere = { expectedVersion: 2_147_483_646 }
    expect(optionsOf({ 'if-match': '"1", "2"', 'if-none-match': '"2"' })).toMatchObject({
      expectedVersion: 1,
    })
    for (const noneMatch of ['"0"', 'W/"0"', '"0", "1"']) {
      const headers = { 'if-match': '"0"', 'if-none-match': noneMatch }
      expect(optionsOf(headers)).toMatchObject(nowhere)
    }
    expect(optionsOf({ 'if-match': '*', 'if-none-match': '*' })).toMatchObject(nowhere)
  })

  it.each(['', '3', '"3', 'W/ "3"', 'w/"3"', '"3""4"', '"3" "4"', '*, "3"', ','])(
    'are malformed: %s',
    (header) => {
      for (const name of ['If-Match', 'If-None-Match']) {
        const parsed = commandOptionsFrom(new Headers([[name, header]]))
        expect(parsed).toEqual(
          E.left(expect.objectContaining({ status: 400, code: 'malformed-header', header: name })),
        )
      }
    },
  )
})
