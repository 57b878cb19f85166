import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { until } from '../support/until'

const PATIENCE = 60_000

/** A PostgreSQL that can be ended at once, and started again with what it had. */
export const startServer = async (...settings: ReadonlyArray<string>) => {
  const { preparePostgres } = await import('../../scripts/embedded-postgres.mjs')
  const folder = mkdtempSync(join(tmpdir(), 'reprise-scale-'))
  const { server, url } = await preparePostgres({
    name: 'scale',
    databaseDir: folder,
    persistent: true,
    settings: ['max_connections=60', ...settings],
  })
  // Again and again: right after a crash the old server's memory may still be in use.
  const start = () =>
    until(
      () =>
        server.start().then(
          () => true,
          () => undefined,
        ),
      PATIENCE,
    )
  await server.initialise()
  await start()
  const pid = (): number =>
    Number(readFileSync(join(folder, 'postmaster.pid'), 'utf8').split('\n')[0])
  return {
    url,
    pid,
    start,
    /** As `pg_ctl stop -m immediate`: nothing is tidied up. */
    crash: async () => {
      const ended = pid()
      process.kill(ended, 'SIGQUIT')
      await until(() => {
        try {
          process.kill(ended, 0)
          return Promise.resolve(undefined)
        } catch {
          return Promise.resolve(true)
        }
      })
    },
    stop: async () => {
      await server.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
