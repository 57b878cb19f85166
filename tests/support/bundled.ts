import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { buildSync } from 'esbuild'

const ROOT = join(__dirname, '..', '..')
// Two levels below the root, as `src/cli` is: what is bundled finds package.json where the source does.
const FOLDER = join(ROOT, 'node_modules', '.bundled')

const bundles = new Map<string, string>()

/**
 * A script of the sources in one file of JavaScript, for a process of its own: it starts in a fraction of the time that
 * compiling takes. Bundled once in each process that asks.
 *
 * @param script - from the root: `tests/chaos/history.worker.ts`
 */
export const bundled = (script: string): string => {
  const known = bundles.get(script)
  if (known !== undefined) return known
  const { outputFiles } = buildSync({
    absWorkingDir: ROOT,
    entryPoints: [script],
    bundle: true,
    packages: 'external',
    platform: 'node',
    target: 'node20',
    sourcemap: 'inline',
    write: false,
  })
  const contents = outputFiles[0]?.contents ?? ''
  const hash = createHash('sha256').update(contents).digest('hex').slice(0, 16)
  const file = join(FOLDER, `${basename(script, '.ts')}.${hash}.cjs`)
  if (!existsSync(file)) {
    mkdirSync(FOLDER, { recursive: true })
    const beside = `${file}.${process.pid}` // other processes may do the same
    writeFileSync(beside, contents)
    renameSync(beside, file)
  }
  bundles.set(script, file)
  return file
}
