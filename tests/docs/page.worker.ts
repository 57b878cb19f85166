/** Runs the code of a page in a process of its own. Arguments: its path, and the address of a database. */
import { readFileSync } from 'node:fs'
import { codeOf, runCode } from './run-markdown'

const [, , path = '', url = ''] = process.argv
process.env['DATABASE_URL'] = url
process.env['HOST'] = '127.0.0.1'
process.env['PORT'] = '0'

runCode(path, codeOf(readFileSync(path, 'utf8'))).then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${path}: ${String(error)}\n`)
    process.exit(1)
  },
)
