import { codeOf, runCode, typeErrorsOf } from './run-markdown'

const fence = '```'
const page = (...code: ReadonlyArray<string>): string =>
  codeOf(['# Title', `${fence}ts`, ...code, fence, 'prose', `${fence}sh`, 'rm', fence].join('\n'))

describe('a page of documentation', () => {
  it('keeps its line numbers, and leaves out what is not TypeScript', () => {
    expect(page('const x = 1')).toBe('\n\nconst x = 1\n\n\n\n\n')
  })

  it('names the line of the page on which a type is wrong', () => {
    const errors = typeErrorsOf('docs/page.md', page('const x: number = "1"'))
    expect(errors).toEqual([
      "docs/page.md:3: Type 'string' is not assignable to type 'number'.",
      // Nothing else: the rest of the page is empty.
    ])
  }, 120_000)

  it('type-checks an await at the top and an import of fp-ts', () => {
    const code = page("import { either as E } from 'fp-ts'", 'export const x = await E.right(1)')
    expect(typeErrorsOf('docs/page.md', code)).toEqual([])
  }, 120_000)

  it('runs, awaiting what it says', async () => {
    const code = page(
      "import assert from 'node:assert/strict'",
      "import { either as E } from 'fp-ts'",
      'assert.deepEqual(await Promise.resolve(E.right(1)), E.right(1))',
    )
    await expect(runCode('docs/page.md', code)).resolves.toBeUndefined()
  })

  it('fails when one of its assertions fails', async () => {
    const code = page("import assert from 'node:assert/strict'", 'assert.equal(1, 2)')
    await expect(runCode('docs/page.md', code)).rejects.toThrow('1 !== 2')
  })

  it('imports relative to the page', async () => {
    const code = page("import { replay } from '../src/core/decider'", 'replay.call')
    await expect(runCode('docs/page.md', code)).resolves.toBeUndefined()
  })
})
