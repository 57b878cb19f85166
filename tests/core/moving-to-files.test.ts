import {
  fileRefused,
  isFileName,
  moveToFileProblem,
  rangeDiffers,
  rangeGivenUp,
  writtenRangeProblem,
} from '../../src/core/operator/moving-to-files'

describe('moving to files', () => {
  it('takes names that are files in a folder on every system', () => {
    const wrong = ['', '.', '..', 'a/b', 'a\\b', 'a\u0000', 'a\n', '\ud800', 'x'.repeat(256)]
    expect(wrong.filter(isFileName)).toEqual([])
    expect(['2025.ndjson', 'ärchiv 1', '...'].filter(isFileName)).toHaveLength(3)
  })

  it('refuses what no store could do, with the reason', () => {
    const sound = { file: 'a', streams: ['account-A1'], expects: 'new' } as const
    expect(moveToFileProblem(sound)).toBeUndefined()
    const many = Array.from({ length: 1_001 }, (_, index) => `account-${index}`)
    for (const streams of [[], ['x'], ['account-A1', 'account-A1'], many]) {
      expect(moveToFileProblem({ ...sound, streams })?._tag).toBe('InvalidOperation')
    }
    expect(moveToFileProblem({ ...sound, file: '/a' })?.message).toContain('name of the file')
    const written = { range: 1, sha256s: [], by: 'grace', why: 'ticket 4711' }
    expect(writtenRangeProblem(written)).toBeUndefined()
    expect(writtenRangeProblem({ ...written, by: '' })?._tag).toBe('InvalidOperation')
    expect(writtenRangeProblem({ ...written, why: '' })?._tag).toBe('InvalidOperation')
  })

  it('says what to do about a file', () => {
    expect(fileRefused('a', 'unknown').message).toContain('give another name')
    expect(fileRefused('a', 'lost').message).toContain('put it back')
    expect(fileRefused('a', 'elsewhere').message).toContain('restored, or split')
    expect(rangeGivenUp(3).message).toContain('Run it again')
    expect(rangeDiffers(3).message).toContain('Nothing was changed')
  })
})
