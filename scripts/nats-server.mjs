// Finds a nats-server that is new enough: NATS_SERVER, or the one on the path, or Debian's newest package, unpacked.
//   node scripts/nats-server.mjs    prints where it is
import { execFileSync, spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'

/** The suite of Debian whose package is new enough, and runs on the stable release before it. */
const SUITE = 'forky'
/** A suite whose package is too old: 2.9.10. */
const OLD_SUITE = 'bookworm'
const root = resolve(import.meta.dirname, '..')
const cachedOf = (suite) => join(root, 'node_modules/.cache/nats-server', suite, 'nats-server')

/** `2.15.1`, or `undefined` if it is no nats-server. */
export const natsVersion = (program) => {
  const { stdout = '', status } = spawnSync(program, ['--version'], { encoding: 'utf8' })
  return status === 0 ? /v?(\d+\.\d+\.\d+)/.exec(stdout)?.[1] : undefined
}

const isNewEnough = (program) => {
  const [major = 0, minor = 0] = (natsVersion(program) ?? '').split('.').map(Number)
  return major > 2 || (major === 2 && minor >= 12)
}

/** A nats-server of 2.12 or newer that was given or is on the path, or `undefined`. */
export const findNatsServer = () => {
  const given = process.env.NATS_SERVER
  if (given !== undefined && given !== '') {
    if (!isNewEnough(given)) throw new Error(`NATS_SERVER is no nats-server of 2.12 or newer`)
    return given
  }
  const onPath = (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, 'nats-server'))
  return onPath.find((program) => existsSync(program) && isNewEnough(program))
}

const readAll = (folder) =>
  existsSync(folder)
    ? readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'))
    : []

/** The entry of Debian's own archive in this machine's sources, as one line for another suite. */
const sourceLine = (suite) => {
  const list = '/etc/apt/sources.list'
  const texts = [
    ...(existsSync(list) ? [readFileSync(list, 'utf8')] : []),
    ...readAll('/etc/apt/sources.list.d'),
  ]
  for (const text of texts) {
    for (const paragraph of text.split(/\n\s*\n/)) {
      const field = (name) => new RegExp(`^${name}:\\s*(.+)$`, 'im').exec(paragraph)?.[1].trim()
      const address = field('URIs')
        ?.split(/\s+/)
        .find((one) => /\/debian\/?$/.test(one))
      const key = field('Signed-By')
      if (address !== undefined) {
        return `deb ${key === undefined ? '' : `[signed-by=${key}] `}${address} ${suite} main\n`
      }
      const line = /^deb\s+(\[[^\]]*\]\s+)?(\S+\/debian\/?)\s/m.exec(paragraph)
      if (line !== null) return `deb ${line[1] ?? ''}${line[2]} ${suite} main\n`
    }
  }
  throw new Error("this machine's apt sources name no archive of Debian: set NATS_SERVER")
}

/** Downloads and unpacks Debian's package, with lists and a cache of its own: nothing is installed. */
const fetchNatsServer = (suite) => {
  const cached = cachedOf(suite)
  const folder = mkdtempSync(join(tmpdir(), 'reprise-nats-'))
  try {
    for (const name of ['lists/partial', 'cache/archives/partial']) {
      mkdirSync(join(folder, name), { recursive: true })
    }
    writeFileSync(join(folder, 'sources.list'), sourceLine(suite))
    const settings = {
      'Dir::Etc::SourceList': join(folder, 'sources.list'),
      'Dir::Etc::SourceParts': '/dev/null',
      'Dir::State::Lists': join(folder, 'lists'),
      'Dir::Cache': join(folder, 'cache'),
      'APT::Sandbox::User': 'root',
      'Acquire::Languages': 'none',
    }
    const options = Object.entries(settings).flatMap(([key, value]) => ['-o', `${key}=${value}`])
    const apt = (...words) =>
      execFileSync('apt-get', ['-qq', ...options, ...words], { cwd: folder, stdio: 'inherit' })
    apt('update')
    apt('download', 'nats-server')
    const archive = readdirSync(folder).find((name) => name.endsWith('.deb'))
    if (archive === undefined) throw new Error('apt-get has downloaded no package')
    execFileSync('dpkg-deb', ['-x', join(folder, archive), join(folder, 'unpacked')])
    const program = join(folder, 'unpacked/usr/bin/nats-server')
    const found = existsSync(program) ? program : join(folder, 'unpacked/usr/sbin/nats-server')
    mkdirSync(dirname(cached), { recursive: true })
    execFileSync('cp', [found, `${cached}.new`])
    renameSync(`${cached}.new`, cached)
    return cached
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A nats-server of 2.12 or newer; downloaded if there is none yet. */
export const natsServer = () => {
  const cached = cachedOf(SUITE)
  const found =
    findNatsServer() ??
    (existsSync(cached) && isNewEnough(cached) ? cached : fetchNatsServer(SUITE))
  if (!isNewEnough(found)) throw new Error(`${found} is no nats-server of 2.12 or newer`)
  return found
}

/** A nats-server that is too old, or `undefined` where there is none to be had. */
export const oldNatsServer = () => {
  const cached = cachedOf(OLD_SUITE)
  try {
    const found = existsSync(cached) ? cached : fetchNatsServer(OLD_SUITE)
    return natsVersion(found) === undefined || isNewEnough(found) ? undefined : found
  } catch (error) {
    console.log(`No old nats-server: ${error instanceof Error ? error.message : error}`)
    return undefined
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const program = natsServer()
  console.log(`${program} ${natsVersion(program)}`)
}
