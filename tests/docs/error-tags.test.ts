import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const ERRORS = resolve(__dirname, '../../src/core/errors')
const page = readFileSync(resolve(__dirname, '../../docs/reference/errors.md'), 'utf8')

interface Declared {
  readonly tag: string
  readonly data: ReadonlyArray<string>
}

/** Every error that a file of `src/core/errors` declares, with the names of its data. */
const declaredIn = (file: string): ReadonlyArray<Declared> =>
  readFileSync(join(ERRORS, file), 'utf8')
    .split('export interface ')
    .slice(1)
    .map((text) => text.slice(0, text.indexOf('\n}')))
    .flatMap((body) => {
      const tag = /readonly _tag: '(\w+)'/.exec(body)?.[1]
      const names = [...body.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, name = '']) => name)
      const data = names.filter((name) => name !== '_tag' && name !== 'message')
      return tag === undefined ? [] : [{ tag, data }]
    })

const declared = readdirSync(ERRORS).flatMap(declaredIn)

describe('the reference of errors', () => {
  it('finds the errors', () => {
    expect(declared.length).toBeGreaterThan(20)
    expect(declared.map(({ tag }) => tag)).toContain('LeaseLost')
  })

  it.each(declared)('has a row for $tag with all of its data', ({ tag, data }) => {
    const row = page.split('\n').find((line) => line.startsWith(`| \`${tag}\``)) ?? ''
    expect(row).not.toBe('')
    expect(data.filter((name) => !row.includes(`\`${name}\``))).toEqual([])
  })
})
