import { execFileSync } from 'node:child_process'

describe('the fixes that the checker is tried on', () => {
  it('can all be taken out of the code as it is now', () => {
    const run = () => execFileSync(process.execPath, ['scripts/without-fixes.mjs', '--check'])
    expect(run).not.toThrow()
  })
})
