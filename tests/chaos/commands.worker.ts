import { Pool } from 'pg'
import { openCategory } from 'reprise'
import { postgres } from 'reprise/postgres'
import { add, counter } from '../support/counter'

interface Input {
  readonly url: string
  readonly id: string
  readonly workers: number
  readonly commands: number
  readonly commandId?: string
}

/** Some workers, each with a connection to the stream of its own, one command after another. */
const main = async ({ url, id, workers, commands, commandId }: Input): Promise<void> => {
  const pool = new Pool({ connectionString: url, max: workers })
  const backend = postgres(pool)
  const work = async () => {
    const counters = openCategory(counter, backend, {
      retry: { attempts: 1_000, firstBackoff: 2, maxBackoff: 100 },
    })
    for (let n = 0; n < commands; n++) {
      const options = commandId === undefined ? {} : { commandId }
      const answer = await counters.handleCommand(id, add(1), options)()
      process.stdout.write(`${JSON.stringify(answer)}\n`)
    }
    await counters.snapshotsSettled()
  }
  await Promise.all(Array.from({ length: workers }, work))
  await backend.close()
  await pool.end()
}

void main(JSON.parse(process.argv[2] ?? '{}') as Input)
