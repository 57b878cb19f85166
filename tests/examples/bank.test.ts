import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { openCategory } from 'reprise'
import { connectPglite, postgres } from 'reprise/postgres'
import { transfers } from '../../examples/bank/transfer/own-streams'
import { right } from '../support/right'

const ROOT = resolve(__dirname, '../..')
const MAIN = join(ROOT, 'examples/bank/main.ts')

interface Run {
  readonly code: number | null
  readonly signal: string | null
  readonly lines: ReadonlyArray<string>
}

/** What `npm start` does, in `folder`. With `killAt` it is killed when it prints a line like that. */
const start = (folder: string, killAt?: RegExp): Promise<Run> =>
  new Promise((done, failed) => {
    const child = spawn(process.execPath, ['--import', require.resolve('tsx'), MAIN], {
      cwd: folder,
      env: { ...process.env, TSX_TSCONFIG_PATH: join(ROOT, 'tsconfig.json') },
    })
    let output = ''
    const collect = (data: Buffer): void => {
      output += data.toString('utf8')
      if (killAt?.test(output) === true) child.kill('SIGKILL')
    }
    child.stdout.on('data', collect)
    child.stderr.on('data', collect)
    child.once('error', failed)
    child.once('close', (code, signal) => done({ code, signal, lines: output.split('\n') }))
  })

/** Starts a transfer in the database of `folder`, where no process manager runs. */
const askForATransfer = async (folder: string): Promise<void> => {
  const db = connectPglite(await PGlite.create(join(folder, '.reprise/bank')))
  const command = { type: 'StartTransfer', from: 'ada-1', to: 'bob-1', amount: 1 } as const
  const desk = openCategory(transfers, { store: postgres(db).store })
  await right(desk.handleCommand('left-behind', command))
  await db.destroy()
}

describe('npm start', () => {
  const folder = mkdtempSync(join(tmpdir(), 'reprise-bank-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('begins on an empty store, and every claim that it prints holds', async () => {
    // What a first run that was killed while it made the database leaves behind.
    mkdirSync(join(folder, '.reprise/bank.new'), { recursive: true })
    writeFileSync(join(folder, '.reprise/bank.new/PG_VERSION'), 'half of it')

    const { code, lines } = await start(folder)

    expect(lines.join('\n')).not.toContain('✗')
    expect(lines).toEqual(
      expect.arrayContaining([
        '   The bank, run 1, on embedded PostgreSQL in .reprise/bank',
        '   The store is empty.',
        '   DecidedAgain: the second decided on version 3, found 4',
        '   ✓ exactly four succeed, and the fifth is rejected',
        '   ✓ bob-1 has 4.00 at version 6',
        '   ✓ the second answer equals the first',
        '   ✓ exactly 3 seats are sold, and the others hear that it is sold out',
        '   ✓ ada-1 may visit two workshops, and not a third one',
        '   ✓ emma-1 has 70.00, finn-1 has 30.00',
        '   ✓ not enough money, no source, no destination: each has failed, and says why',
        '   ✓ emma-1 still has 70.00, finn-1 still has 30.00',
        '   ✓ four are completed, one has failed',
        '   ✓ gwen-1 has 4.00, hugo-1 has 96.00',
        '   ✓ the next one knew what was still to be done, and did it once',
        '   ✓ at rest no transfer is half-done, not even one of an earlier run',
        '   ✓ every account is where it was',
      ]),
    )
    expect(code).toBe(0)
    expect(lines.filter((line) => line.length > 80)).toEqual([])
    expect(existsSync(join(folder, '.reprise/bank.new'))).toBe(false)
  }, 240_000)

  it('continues with the data of earlier runs, also when the last one was killed', async () => {
    const killed = await start(folder, /exactly four succeed/)
    expect(killed.signal).toBe('SIGKILL')

    const { code, lines } = await start(folder)

    expect(lines.join('\n')).not.toContain('✗')
    expect(lines[0]).toBe('   The bank, run 3, on embedded PostgreSQL in .reprise/bank')
    expect(lines.join('\n')).toMatch(/Found \d+ events of \d+ accounts from earlier runs[.]/)
    expect(lines).toContain('   ✓ earlier runs have left 1.00 in it')
    expect(lines).toContain('   ✓ now there is 2.00')
    expect(code).toBe(0)
  }, 240_000)

  it('finishes the transfers of a run that was killed in the middle of them', async () => {
    const killed = await start(folder, /All five are started/)
    expect(killed.signal).toBe('SIGKILL')
    // How many of the five are half-done depends on the moment; this one is, whatever the moment was.
    await askForATransfer(folder)

    const { code, lines } = await start(folder)

    expect(lines.join('\n')).not.toContain('✗')
    expect(lines.join('\n')).toMatch(/Earlier runs have left half-done: [1-6]$/m)
    expect(lines).toContain('   ✓ at rest no transfer is half-done, not even one of an earlier run')
    expect(code).toBe(0)
  }, 240_000)
})
