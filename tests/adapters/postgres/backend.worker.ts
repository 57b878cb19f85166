/** A process that waits for hints and never closes its backend. Ends when nothing else keeps it. Argument: url. */
import { Pool } from 'pg'
import { postgres } from 'reprise/postgres'

const [, , url = ''] = process.argv
const pool = new Pool({ connectionString: url, max: 2 })
const { wakeUps } = postgres(pool)
let hints = 0
wakeUps.listen(() => {
  hints++
  if (hints === 1) void pool.end() // it listens now
})
