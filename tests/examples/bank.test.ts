import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { openCategory } from 'reprise'
import { connectPglite, postgres } from 'reprise/postgres'
import { transfers } from '../../examples/bank/transfer/own-streams'
import { right } from '../support/right'
import { BOUNDARY_CLAIMS, CLAIMS, startBank } from '../support/start-bank'

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

    const { code, lines } = await startBank(folder)

    expect(lines.join('\n')).not.toContain('✗')
    expect(lines).toEqual(
      expect.arrayContaining([
        '   The bank, run 1, on embedded PostgreSQL in .reprise/bank',
        ...CLAIMS,
        ...BOUNDARY_CLAIMS,
      ]),
    )
    expect(code).toBe(0)
    expect(lines.filter((line) => line.length > 80)).toEqual([])
    expect(existsSync(join(folder, '.reprise/bank.new'))).toBe(false)
  }, 240_000)

  it('continues with the data of earlier runs, also when the last one was killed', async () => {
    const killed = await startBank(folder, {}, /exactly four succeed/)
    expect(killed.signal).toBe('SIGKILL')

    const { code, lines } = await startBank(folder)

    expect(lines.join('\n')).not.toContain('✗')
    expect(lines[0]).toBe('   The bank, run 3, on embedded PostgreSQL in .reprise/bank')
    expect(lines.join('\n')).toMatch(/Found \d+ events of \d+ accounts from earlier runs[.]/)
    expect(lines).toContain('   ✓ earlier runs have left 1.00 in it')
    expect(lines).toContain('   ✓ now there is 2.00')
    expect(code).toBe(0)
  }, 240_000)

  it('finishes the transfers of a run that was killed in the middle of them', async () => {
    const killed = await startBank(folder, {}, /All five are started/)
    expect(killed.signal).toBe('SIGKILL')
    // How many of the five are half-done depends on the moment; this one is, whatever the moment was.
    await askForATransfer(folder)

    const { code, lines } = await startBank(folder)

    expect(lines.join('\n')).not.toContain('✗')
    expect(lines.join('\n')).toMatch(/Earlier runs have left half-done: [1-6]$/m)
    expect(lines).toContain('   ✓ at rest no transfer is half-done, not even one of an earlier run')
    expect(code).toBe(0)
  }, 240_000)
})
