import type { PostgresPoolClient } from 'kysely'
import type { Executor } from './executor'

/**
 * Runs statements that stand alone, each on a connection of the pool. It takes the shortest way: Kysely has
 * nothing to compile, and a connection is kept until the end of the next turn of the event loop, for the
 * statement that usually follows at once.
 *
 * @param isWanted - whether somebody waits for a connection: then none is kept.
 */
export const lone = (
  connect: () => Promise<PostgresPoolClient>,
  isWanted: () => boolean,
): Executor => {
  const kept: PostgresPoolClient[] = []
  let ending = false
  const giveBack = (): void => {
    ending = false
    for (const client of kept.splice(0)) client.release()
  }
  const keep = (client: PostgresPoolClient): void => {
    if (isWanted()) {
      client.release()
      return
    }
    kept.push(client)
    if (ending) return
    ending = true
    setImmediate(() => setImmediate(giveBack))
  }
  return {
    executeQuery: async ({ sql, parameters }) => {
      const client = kept.pop() ?? (await connect())
      const answer = client.query<never>(sql, parameters)
      void answer.then(
        () => keep(client),
        () => client.release(),
      )
      return answer
    },
  }
}
