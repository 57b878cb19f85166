// node scripts/trace-picture.mjs: draws docs/how-to/observe/transfer.svg, the spans of a transfer of the bank of
// `npm start`, from real spans. Their times are those of this run; a test compares the rest.
import { spawnSync } from 'node:child_process'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const { status } = spawnSync(
  process.execPath,
  [
    '--import',
    'tsx',
    'tests/support/write-transfer-picture.ts',
    'docs/how-to/observe/transfer.svg',
  ],
  { cwd: ROOT, stdio: 'inherit' },
)
process.exitCode = status ?? 1
