/** Runs the code of a page in a process of its own. Argument: its path. */
import { readFileSync } from 'node:fs'
import { codeOf, runCode } from './run-markdown'

const [, , path = ''] = process.argv

runCode(path, codeOf(readFileSync(path, 'utf8'))).then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${path}: ${String(error)}\n`)
    process.exit(1)
  },
)
