import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

interface Side {
  readonly rounds: ReadonlyArray<object>
  readonly failures?: ReadonlyArray<string>
  readonly missing?: string
}

const turns = (measure: 'rate' | 'p50', values: ReadonlyArray<number>): Side => ({
  rounds: values.map((value, index) => ({ round: 1, turn: index + 1, [measure]: value })),
})

const rates = (...values: ReadonlyArray<number>) => turns('rate', values)
const waits = (...values: ReadonlyArray<number>) => turns('p50', values)

describe('npm run bench -- --against', () => {
  let folder: string
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'reprise-comparison-'))))
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  /** Shows a run that was measured before, of one cell. */
  const show = (unit: 'rate' | 'latency', working: Side, other: Side, ...args: string[]) => {
    const side = (id: string, given: Side) => ({ id, name: id, bytes: [], failures: [], ...given })
    const results = [side('working', working), side('other', other)]
    const cells = [{ cell: { name: 'a-cell', unit, bars: [] }, results }]
    const file = join(folder, 'run.json')
    writeFileSync(file, JSON.stringify({ against: { ref: 'main', commit: 'abcdef0' }, cells }))
    const command = ['bench/run.mjs', '--from', file, ...args]
    const { status, stdout } = spawnSync(process.execPath, command, { encoding: 'utf8' })
    return { status, line: stdout.split('\n').find((text) => text.includes('a-cell')) ?? stdout }
  }

  it('fails when every turn shows a cell below the required share', () => {
    const { status, line } = show('rate', rates(90, 80, 91, 88, 85, 92), rates(...six(100)))
    expect(status).toBe(1)
    expect(line).toMatch(/0\.890 .* 0\.80 to 0\.92 .* BELOW +│/)
  })

  it('passes when every turn is above it', () => {
    const { status, line } = show('rate', rates(99, 98, 97, 101, 103, 99), rates(...six(100)))
    expect(status).toBe(0)
    expect(line).toMatch(/0\.990 .* ok +│/)
  })

  it('compares turn with turn, so that a slow moment hits both sides', () => {
    const { status, line } = show('rate', rates(10, 100, 1000), rates(10, 100, 1000))
    expect(status).toBe(0)
    expect(line).toMatch(/1\.000 .* 1\.00 to 1\.00/)
  })

  it('says that the noise is larger than the difference when turns contradict one another', () => {
    const below = show('rate', rates(70, 80, 90, 92, 120, 130), rates(...six(100)))
    expect(below.status).toBe(1)
    expect(below.line).toMatch(/0\.910 .* BELOW, within the noise/)
    const above = show('rate', rates(70, 80, 99, 99, 120, 130), rates(...six(100)))
    expect(above.status).toBe(0)
    expect(above.line).toMatch(/ok, within the noise/)
  })

  it('gives no interval for fewer than six turns', () => {
    const { line } = show('rate', rates(99, 98, 97, 101, 103), rates(100, 100, 100, 100, 100))
    expect(line).toMatch(/too few turns .* ok, within the noise/)
  })

  it('counts a longer wait as slower where a cell measures latency', () => {
    const { status, line } = show('latency', waits(2, 2, 2), waits(1, 1, 1))
    expect(status).toBe(1)
    expect(line).toMatch(/1\.00 ms .* 2\.00 ms .* 0\.500/)
  })

  it('requires the share that it is given', () => {
    const [working, other] = [rates(90, 80, 91, 88, 85, 92), rates(...six(100))]
    expect(show('rate', working, other, '--at-least', '0.7').status).toBe(0)
  })

  it('fails when a side failed, and passes over a cell that a side does not offer', () => {
    const failed = show('rate', { rounds: [], failures: ['LOST UPDATE'] }, rates(1))
    expect(failed.status).toBe(1)
    expect(failed.line).toContain('FAILED, working: LOST UPDATE')
    const absent = show('rate', rates(1), { rounds: [], missing: 'not offered' })
    expect(absent.status).toBe(0)
    expect(absent.line).toContain('not offered: other')
  })
})

const six = (value: number): ReadonlyArray<number> => Array.from({ length: 6 }, () => value)
