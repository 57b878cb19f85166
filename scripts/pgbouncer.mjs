// Runs the contracts of all stores through PgBouncer in transaction mode, with prepared statements off.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import process from 'node:process'
import { setImmediate } from 'node:timers/promises'
import pg from 'pg'
import { freePort, startPostgres } from './embedded-postgres.mjs'

const NOBODY = 65534

const findPgBouncer = () =>
  ['/usr/sbin', '/usr/local/sbin', ...(process.env.PATH ?? '').split(delimiter)]
    .map((folder) => join(folder, 'pgbouncer'))
    .find((path) => existsSync(path))

// Before 1.21 PgBouncer had no support for prepared statements that could be switched off.
const noPreparing = (program) => {
  const version = /PgBouncer (\d+)[.](\d+)/.exec(
    execFileSync(program, ['--version'], { encoding: 'utf8' }),
  )
  return Number(version?.[1]) > 1 || Number(version?.[2]) >= 21 ? 'max_prepared_statements = 0' : ''
}

const configuration = (program, folder, port, serverPort) => `
[databases]
* = host=127.0.0.1 port=${serverPort} user=postgres password=reprise
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
${noPreparing(program)}
max_client_conn = 500
default_pool_size = 20
ignore_startup_parameters = extra_float_digits,options
logfile = ${join(folder, 'pgbouncer.log')}
`

const startPgBouncer = async (program, folder, serverPort) => {
  const port = await freePort()
  const file = join(folder, 'pgbouncer.ini')
  writeFileSync(file, configuration(program, folder, port, serverPort))
  // It refuses to run as root.
  const user = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {}
  const child = spawn(program, [file], { stdio: 'ignore', ...user })
  const url = `postgres://postgres:reprise@127.0.0.1:${port}/postgres`
  const end = Date.now() + 10_000
  while (Date.now() < end && child.exitCode === null) {
    const client = new pg.Client({ connectionString: url })
    try {
      await client.connect()
      await client.end()
      return { child, url }
    } catch {
      await setImmediate()
    }
  }
  child.kill()
  console.error(`pgbouncer did not start: see ${join(folder, 'pgbouncer.log')}`)
  return undefined
}

const runJest = async (environment) => {
  const child = spawn(
    process.execPath,
    [
      '--experimental-vm-modules',
      '--disable-warning=ExperimentalWarning',
      'node_modules/jest/bin/jest.js',
    ].concat(['--testMatch', '**/*.pooled.ts'], process.argv.slice(2)),
    { stdio: 'inherit', env: { ...process.env, ...environment } },
  )
  const [code] = await once(child, 'exit')
  return code ?? 1
}

const main = async () => {
  const program = findPgBouncer()
  if (program === undefined) {
    console.error('pgbouncer is not installed. On Debian and Ubuntu: apt-get install pgbouncer')
    return 1
  }
  const folder = mkdtempSync(join(tmpdir(), 'reprise-pgbouncer-'))
  chmodSync(folder, 0o777)
  const postgres = await startPostgres({
    name: 'pooled',
    settings: ['max_connections=200', 'fsync=off'],
  })
  const pooler = await startPgBouncer(program, folder, postgres.port)
  try {
    if (pooler === undefined) return 1
    return await runJest({
      TEST_DATABASE_URL: postgres.url,
      TEST_PGBOUNCER_URL: pooler.url,
    })
  } finally {
    if (pooler !== undefined) {
      pooler.child.kill()
      if (pooler.child.exitCode === null) await once(pooler.child, 'exit')
      rmSync(folder, { recursive: true, force: true })
    }
    await postgres.stop()
  }
}

// At once: the exit hook of the embedded server would end the process with 0.
process.exit(await main())
