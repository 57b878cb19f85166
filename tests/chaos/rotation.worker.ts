/** A process that wraps all keys of subjects with the master key `two`. Argument: url. */
import { Pool } from 'pg'
import { masterKeyFrom, postgres, rotateMasterKey } from 'reprise/postgres'
import { masterKeyBytes } from '../support/master-keys'

const [, , url = ''] = process.argv
const pool = new Pool({ connectionString: url, max: 1 })
// A connection that is ended while it waits in the pool.
pool.on('error', () => undefined)
const main = async (): Promise<void> => {
  const backend = postgres(pool)
  const answer = await rotateMasterKey(backend, masterKeyFrom('two', masterKeyBytes))()
  const said = answer._tag === 'Left' ? { error: answer.left } : { rotated: answer.right }
  process.stdout.write(`${JSON.stringify(said)}\n`)
  process.exitCode = answer._tag === 'Left' ? 1 : 0
  await backend.close()
  await pool.end()
}
void main()
