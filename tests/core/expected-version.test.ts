import { isExpectedVersion, versionFits } from '../../src/core/expected-version'

describe('versionFits', () => {
  it.each([
    ['any', 0, true],
    ['any', 3, true],
    ['mustExist', 0, false],
    ['mustExist', 1, true],
    ['mustNotExist', 0, true],
    ['mustNotExist', 1, false],
    [0, 0, true],
    [0, 1, false],
    [2, 2, true],
    [2, 1, false],
    [2, 3, false],
  ] as const)('says of %p on a stream at %i: %p', (expected, actual, fits) => {
    expect(versionFits(expected, actual)).toBe(fits)
  })
})

describe('isExpectedVersion', () => {
  it.each(['any', 'mustExist', 'mustNotExist', 0, 1, 2_147_483_646])('takes %p', (expected) => {
    expect(isExpectedVersion(expected)).toBe(true)
  })

  it.each([-1, 1.5, Number.NaN, Infinity, 2_147_483_648, '1', 'none', null, undefined, 1n, {}])(
    'rejects %p',
    (expected) => {
      expect(isExpectedVersion(expected)).toBe(false)
    },
  )
})
