import type { PGlite, Results } from '@electric-sql/pglite'
import type { Kysely } from 'kysely'
import { type Answer, kyselyOn, poolClient, type RunStatement } from './kysely-pool'

/** Lets one caller in at a time, in the order of arrival. */
const turnstile = () => {
  let last = Promise.resolve()
  return async (): Promise<() => void> => {
    const before = last
    let leave: () => void = () => undefined
    last = new Promise((resolve) => {
      leave = resolve
    })
    await before
    return leave
  }
}

type Found = Results<Record<string, unknown>>

const NO_RESULT: Found = { rows: [], fields: [] }

const toAnswer = ({ rows, fields, affectedRows = 0 }: Found): Answer => ({
  rows,
  rowCount: affectedRows,
  command: fields.length > 0 && affectedRows === 0 ? 'SELECT' : 'UPDATE',
})

/**
 * A Kysely over an embedded PostgreSQL. It has one connection, so transactions follow one another.
 *
 * @example
 * const store = postgresStore(connectPglite(new PGlite('./data')))
 */
export const connectPglite = <Database>(pglite: PGlite): Kysely<Database> => {
  const enter = turnstile()
  // Without parameters a text may hold several statements, as it may with a server.
  const run: RunStatement = async (text, parameters) =>
    toAnswer(
      parameters.length > 0
        ? await pglite.query<Record<string, unknown>>(text, [...parameters])
        : ((await pglite.exec(text)).at(-1) ?? NO_RESULT),
    )
  return kyselyOn({
    connect: async () => poolClient(run, await enter()),
    end: () => pglite.close(),
  })
}
