// Packs as `npm publish` does, for the checks of the package:
//   node scripts/pack.mjs node_modules/.cache/reprise.tgz
// The build is that of `prepack`: nothing that an earlier one has left may pass for it.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'

const [archive] = process.argv.slice(2)
rmSync('dist', { recursive: true, force: true })
mkdirSync(dirname(archive), { recursive: true })
const folder = mkdtempSync(join(dirname(archive), 'pack-'))
try {
  execFileSync('npm', ['pack', '--silent', '--pack-destination', folder], { stdio: 'inherit' })
  renameSync(join(folder, readdirSync(folder)[0]), archive)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
