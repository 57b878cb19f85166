import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const page = readFileSync('docs/explanation/architecture.md', 'utf8')

/** The files that a cell names: `shell/state/load-state.ts`, and `replay.ts` beside it. */
const filesOf = (cell: string): ReadonlyArray<string> => {
  let folder = ''
  return [...cell.matchAll(/`([\w./-]+\.(?:ts|sql))`/g)].map(([, name = '']) => {
    const isWhole = name.includes('/')
    if (isWhole) folder = dirname(name)
    return isWhole ? name : join(folder, name)
  })
}

const cells = page.split('\n').flatMap((line) => (line.startsWith('|') ? line.split('|') : []))

const path = page
  .slice(page.indexOf('## The path of one command'), page.indexOf('## Where to look'))
  .split('\n')
  .flatMap((line) => {
    const [, step = '', files = ''] = line.split('|')
    return line.startsWith('|') ? filesOf(files).map((file) => ({ step: step.trim(), file })) : []
  })

describe('the architecture page', () => {
  it.each([...new Set(cells.flatMap(filesOf))])('names %s, which is there', (file) => {
    expect([join('src', file), file].some((name) => existsSync(name))).toBe(true)
  })

  it('follows a command whose state is cached through at most fifteen files', () => {
    const files = new Set(path.filter(({ step }) => step !== '4').map(({ file }) => file))
    expect(files.size).toBeGreaterThan(8)
    expect(files.size).toBeLessThanOrEqual(15)
  })
})
