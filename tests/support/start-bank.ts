import { spawn } from 'node:child_process'
import { join, resolve } from 'node:path'

const ROOT = resolve(__dirname, '../..')
const MAIN = join(ROOT, 'examples/bank/main.ts')

/** How `npm start` has ended, and what it has printed. */
export interface BankRun {
  readonly code: number | null
  readonly signal: string | null
  readonly lines: ReadonlyArray<string>
}

/**
 * What `npm start` does, in `folder`.
 *
 * @param env - on top of the environment of this process.
 * @param killAt - it is killed when it prints a line like that.
 */
export const startBank = (
  folder: string,
  env: Readonly<Record<string, string>> = {},
  killAt?: RegExp,
): Promise<BankRun> =>
  new Promise((done, failed) => {
    const child = spawn(process.execPath, ['--import', require.resolve('tsx'), MAIN], {
      cwd: folder,
      env: {
        ...process.env,
        REPRISE_BACKEND: 'postgres',
        DATABASE_URL: '',
        ...env,
        TSX_TSCONFIG_PATH: join(ROOT, 'tsconfig.json'),
      },
    })
    let output = ''
    const collect = (data: string): void => {
      output += data
      if (killAt?.test(output) === true) child.kill('SIGKILL')
    }
    child.stdout.setEncoding('utf8').on('data', collect) // a character may come in two pieces
    child.stderr.setEncoding('utf8').on('data', collect)
    child.once('error', failed)
    child.once('close', (code, signal) => done({ code, signal, lines: output.split('\n') }))
  })

/** What it prints on every store, besides boundaries, which not every store has. */
export const CLAIMS: ReadonlyArray<string> = [
  '   The store is empty.',
  '   DecidedAgain: the second decided on version 3, found 4',
  '   ✓ exactly four succeed, and the fifth is rejected',
  '   ✓ bob-1 has 4.00 at version 6',
  '   ✓ the second answer equals the first',
  '   ✓ emma-1 has 70.00, finn-1 has 30.00',
  '   ✓ not enough money, no source, no destination: each has failed, and says why',
  '   ✓ emma-1 still has 70.00, finn-1 still has 30.00',
  '   ✓ four are completed, one has failed',
  '   ✓ gwen-1 has 4.00, hugo-1 has 96.00',
  '   ✓ the next one knew what was still to be done, and did it once',
  '   ✓ at rest no transfer is half-done, not even one of an earlier run',
  '   ✓ every account is where it was',
]

/** Those that need a store with boundaries. */
export const BOUNDARY_CLAIMS: ReadonlyArray<string> = [
  '   ✓ exactly 3 seats are sold, and the others hear that it is sold out',
  '   ✓ a customer may visit two workshops, and not a third one',
]

/** It is the first run on `place`, and every claim holds; what it has said is shown where one is missing. */
export const expectStory = ({ code, lines }: BankRun, place: string): void => {
  const missing = [...CLAIMS, ...BOUNDARY_CLAIMS].filter((claim) => !lines.includes(claim))
  expect({ missing, said: missing.length > 0 ? lines : [] }).toEqual({ missing: [], said: [] })
  expect(lines.join('\n')).not.toContain('✗')
  expect(lines[0]).toContain(`run 1, on ${place}`)
  expect(lines.filter((line) => line.length > 80)).toEqual([])
  expect(code).toBe(0)
}
