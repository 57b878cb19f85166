import * as timers from 'node:timers'
import type { CompiledQuery, PostgresPoolClient } from 'kysely'
import type { Executor } from './query'

const { setImmediate } = timers // taken when this module is loaded: see grouped

/**
 * Runs statements outside of transactions, each on a connection of the pool, without Kysely's own steps: there is
 * nothing to compile. A connection is kept until the end of the next turn of the event loop, for the statement
 * that usually follows at once.
 *
 * @param isPoolExhausted - whether a caller waits for a connection: then none is kept.
 */
export const poolShortcut = (
  connect: () => Promise<PostgresPoolClient>,
  isPoolExhausted: () => boolean,
): Executor => {
  const kept: PostgresPoolClient[] = []
  let releasing = false
  const releaseKept = (): void => {
    releasing = false
    for (const client of kept.splice(0)) client.release()
  }
  const keep = (client: PostgresPoolClient): void => {
    if (isPoolExhausted()) {
      client.release()
      return
    }
    kept.push(client)
    if (releasing) return
    releasing = true
    setImmediate(setImmediate, releaseKept)
  }
  const runOn = <Row>(client: PostgresPoolClient, { sql, parameters }: CompiledQuery<Row>) =>
    client.query<Row>(sql, parameters).then(
      (answer) => {
        keep(client)
        return answer
      },
      (error: unknown) => {
        client.release()
        const reason = error as Error
        return Promise.reject(reason)
      },
    )
  return {
    executeQuery: (query) => {
      const client = kept.pop()
      return client === undefined
        ? connect().then((fresh) => runOn(fresh, query))
        : runOn(client, query)
    },
  }
}
