import { execFileSync, spawn } from 'node:child_process'
import * as files from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { until } from '../support/until'

const CHECKOUT = pathToFileURL(resolve('bench/harness/checkout.mjs')).href

// Says what it finds in the checkout, and which folder that is.
const PROGRAM = `
  import { readFileSync, lstatSync } from 'node:fs'
  import { commitOf, withCheckout } from '${CHECKOUT}'
  const [root, ref] = process.argv.slice(1)
  await withCheckout(root, commitOf(root, ref), async (folder) => {
    const built = readFileSync(folder + '/built', 'utf8')
    const linked = lstatSync(folder + '/node_modules', { throwIfNoEntry: false })?.isSymbolicLink()
    console.log(JSON.stringify({ folder, built, linked: linked === true }))
  })`

/** What the program has said last. */
const found = (output: string): unknown => JSON.parse(output.trim().split('\n').at(-1) ?? '')

const LOCK = JSON.stringify({
  name: 'measured',
  lockfileVersion: 3,
  packages: { '': { name: 'measured' } },
})

describe('A checkout of another commit', () => {
  let folder: string
  let root: string
  const temporary = () => join(folder, 'tmp')
  const git = (...args: ReadonlyArray<string>) =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@localhost', ...args], {
      cwd: root,
      encoding: 'utf8',
    })
  const write = (name: string, text: string) => files.writeFileSync(join(root, name), text)
  const commit = (build: string) => {
    write('package.json', JSON.stringify({ name: 'measured', scripts: { build } }))
    git('add', '.')
    git('commit', '--quiet', '--message', 'another')
  }

  beforeEach(() => {
    folder = files.mkdtempSync(join(tmpdir(), 'reprise-checkout-'))
    root = join(folder, 'repository')
    files.mkdirSync(temporary())
    files.mkdirSync(join(root, 'node_modules'), { recursive: true })
    git('init', '--quiet')
    write('.gitignore', 'node_modules\n')
    write('package-lock.json', LOCK)
    commit(`node -e "fs.writeFileSync('built', 'by the other commit')"`)
  })
  afterEach(() => files.rmSync(folder, { recursive: true, force: true }))

  const run = (ref: string) => {
    const args = ['--input-type=module', '--eval', PROGRAM, root, ref]
    const environment = { ...process.env, TMPDIR: temporary(), MARK: join(folder, 'mark') }
    const child = spawn(process.execPath, args, { env: environment })
    let output = ''
    let error = ''
    child.stdout.on('data', (text: Buffer) => (output += text.toString()))
    child.stderr.on('data', (text: Buffer) => (error += text.toString()))
    const ended = new Promise<{ code: number | null; output: string; error: string }>((done) => {
      child.on('close', (code) => done({ code, output, error }))
    })
    return { child, ended }
  }
  const expectNothingLeft = () => {
    const left = files.readdirSync(temporary()).filter((name) => name.startsWith('reprise-'))
    expect(left).toEqual([])
    expect(git('worktree', 'list').trim().split('\n')).toHaveLength(1)
  }

  it('is built by its own scripts on the packages that are there, and removed at the end', async () => {
    write('node_modules/a-package', 'kept')
    commit('node no-such-script.mjs')
    const { code, output } = await run('HEAD~1').ended
    expect(code).toBe(0)
    expect(found(output)).toMatchObject({ built: 'by the other commit', linked: true })
    expectNothingLeft()
    expect(files.existsSync(join(root, 'node_modules/a-package'))).toBe(true)
  })

  it('gets packages of its own when its lock file differs', async () => {
    write('package-lock.json', `${LOCK}\n`)
    const { code, output } = await run('HEAD').ended
    expect(code).toBe(0)
    expect(found(output)).toMatchObject({ built: 'by the other commit', linked: false })
    expectNothingLeft()
  })

  it('is removed when its build fails, and the reason is shown', async () => {
    commit(`node -e "console.log('no compiler'); process.exit(3)"`)
    const { code, error } = await run('HEAD').ended
    expect(code).not.toBe(0)
    expect(error).toContain('no compiler')
    expectNothingLeft()
  })

  it('is removed when a signal arrives, and its build ends with it', async () => {
    commit(
      `node -e "fs.writeFileSync(process.env.MARK, ''+process.pid); setInterval(() => 1, 999)"`,
    )
    const { child, ended } = run('HEAD')
    const mark = join(folder, 'mark')
    const builder = await until(async () =>
      files.existsSync(mark) ? Number(files.readFileSync(mark, 'utf8')) || undefined : undefined,
    )
    try {
      child.kill('SIGINT')
      await until(async () => (isRunning(builder) ? undefined : true))
      expect((await ended).code).not.toBe(0)
      expectNothingLeft()
    } finally {
      if (isRunning(builder)) process.kill(builder, 'SIGKILL')
    }
  })

  it('is rejected by name when git does not know the commit', async () => {
    const { code, error } = await run('no-such-branch').ended
    expect(code).not.toBe(0)
    expect(error).toContain('git knows no commit called no-such-branch')
    expectNothingLeft()
  })
})

const isRunning = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
