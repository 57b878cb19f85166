import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createDatabase } from '../support/database'
import { startNats } from '../support/nats-cluster'
import { describeWithNats } from '../support/nats-server'
import { CLAIMS, startBank } from '../support/start-bank'

describeWithNats('npm start, with REPRISE_BACKEND=jetstream', (program) => {
  it('tells the same story on three nodes, twice, with its lists in PostgreSQL', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'reprise-bank-'))
    const cluster = await startNats({ program })
    const { url, drop } = await createDatabase()
    const settings = {
      REPRISE_BACKEND: 'jetstream',
      NATS_URL: cluster.nodes.map((node) => node.url).join(),
      NATS_USER: 'app',
      NATS_PASSWORD: 'reprise',
      DATABASE_URL: url,
    }
    try {
      const { code, lines } = await startBank(folder, settings)
      expect(lines.join('\n')).not.toContain('✗')
      expect(lines).toEqual(expect.arrayContaining([...CLAIMS]))
      expect(lines.join('\n')).toContain('not on this store, which has no boundaries')
      expect(lines.filter((line) => line.length > 80)).toEqual([])
      expect(code).toBe(0)

      const again = await startBank(folder, settings)
      expect(again.lines.join('\n')).not.toContain('✗')
      expect(again.lines.join('\n')).toMatch(/run 2, on JetStream/)
      expect(again.lines).toContain('   ✓ now there is 2.00')
      expect(again.code).toBe(0)
    } finally {
      await drop()
      await cluster.stop()
      rmSync(folder, { recursive: true, force: true })
    }
  }, 180_000)
})
