// Another commit in a temporary folder: checked out, built by its own scripts, and removed whatever happens.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'

const SIGNALS = ['SIGINT', 'SIGTERM']
const MOST_OUTPUT = 4000

/** The full name of the commit that `ref` stands for. */
export const commitOf = (root, ref) => {
  const question = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`]
  const { status, stdout } = spawnSync('git', question, { cwd: root, encoding: 'utf8' })
  if (status !== 0) throw new Error(`git knows no commit called ${ref}`)
  return stdout.trim()
}

/** Ends a command with all that it has started: npm starts a shell, and the shell the compiler. */
const killGroup = ({ pid }) => {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended in this moment.
  }
}

/** Runs one command after another. A signal ends the one that is running, and refuses those that follow. */
const commands = () => {
  let running
  let signalled
  const interrupt = (signal) => {
    if (signalled !== undefined) process.exit(128 + constants.signals[signal])
    signalled = signal
    if (running !== undefined) killGroup(running)
  }
  for (const signal of SIGNALS) process.on(signal, interrupt)

  const run = (folder, command, ...args) =>
    new Promise((resolve, reject) => {
      const fail = (reason) => reject(new Error(`${command} ${args.join(' ')}: ${reason}`))
      if (signalled !== undefined) return fail(signalled)
      let output = ''
      const keep = (text) => (output = `${output}${text}`.slice(-MOST_OUTPUT))
      running = spawn(command, args, {
        cwd: folder,
        detached: true,
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      running.stdout.on('data', keep)
      running.stderr.on('data', keep)
      running.on('error', ({ message }) => {
        running = undefined
        fail(message)
      })
      running.on('close', (code, signal) => {
        running = undefined
        if (code === 0) resolve()
        else fail(`ended with ${signalled ?? code ?? signal}\n${output}`)
      })
    })
  return { run, end: () => SIGNALS.forEach((signal) => process.off(signal, interrupt)) }
}

const sameText = (left, right) =>
  existsSync(left) &&
  existsSync(right) &&
  readFileSync(left, 'utf8') === readFileSync(right, 'utf8')

/** The packages of one folder: those of the working tree where its lock file is the same, else its own. */
const install = async (run, from, to) => {
  const installed = join(from, 'node_modules')
  if (!existsSync(installed)) return
  if (sameText(join(from, 'package-lock.json'), join(to, 'package-lock.json'))) {
    symlinkSync(installed, join(to, 'node_modules'), 'dir')
  } else {
    console.log(`Installing the packages of the other commit in ${to} ...`)
    await run(to, 'npm', 'ci', '--no-audit', '--no-fund')
  }
}

/**
 * Calls `use` with the folder in which `commit` is checked out and built. The folder is gone when this ends: by
 * an answer, an error or a signal. (Only SIGKILL leaves it behind; `git worktree list` shows it then.)
 */
export const withCheckout = async (root, commit, use) => {
  const parent = mkdtempSync(join(tmpdir(), 'reprise-against-'))
  const folder = join(parent, 'checkout')
  const remove = () => {
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 }) // a link is removed, not what it leads to
    spawnSync('git', ['worktree', 'remove', '-ff', folder], { cwd: root, stdio: 'ignore' })
    rmSync(parent, { recursive: true, force: true })
  }
  const { run, end } = commands()
  process.on('exit', remove)
  try {
    await run(root, 'git', 'worktree', 'add', '--detach', folder, commit)
    await install(run, root, folder)
    await install(run, join(root, 'bench'), join(folder, 'bench'))
    await run(folder, 'npm', 'run', 'build')
    return await use(folder)
  } finally {
    end()
    process.off('exit', remove)
    remove()
  }
}
