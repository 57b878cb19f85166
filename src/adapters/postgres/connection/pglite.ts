import type { PGlite, Results } from '@electric-sql/pglite'
import type { Kysely } from 'kysely'
import { type Answer, kyselyOn, poolClient, type RunStatement, isOwn, ownParsers } from './query'
import { rememberOrigin } from './origin'

type Enter = () => Promise<() => void>

/** Lets one caller in at a time, in the order of arrival. */
const turnstile = (): Enter => {
  let last = Promise.resolve()
  return async () => {
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

// One connection, and so one turnstile, however many databases are made of it.
const turnstiles = new WeakMap<PGlite, Enter>()

const turnstileOf = (pglite: PGlite): Enter => {
  const enter = turnstiles.get(pglite) ?? turnstile()
  turnstiles.set(pglite, enter)
  return enter
}

/** Does something on the one connection while no transaction is open on it. */
export const betweenTransactions = async <Result>(
  pglite: PGlite,
  work: () => Promise<Result>,
): Promise<Result> => {
  const leave = await turnstileOf(pglite)()
  try {
    return await work()
  } finally {
    leave()
  }
}

/**
 * The Kysely that {@link connectPglite} answers.
 *
 * @param end - what its `destroy` does.
 */
export const kyselyOnPglite = <Database>(
  pglite: PGlite,
  end: () => Promise<void>,
): Kysely<Database> => {
  const enter = turnstileOf(pglite)
  // Without parameters a text may hold several statements, as it may with a server.
  const run: RunStatement = async (text, parameters) =>
    toAnswer(
      parameters.length > 0
        ? await pglite.query<Record<string, unknown>>(
            text,
            [...parameters],
            isOwn(text) ? { parsers: ownParsers } : {},
          )
        : ((await pglite.exec(text, isOwn(text) ? { parsers: ownParsers } : {})).at(-1) ??
            NO_RESULT),
    )
  const db = kyselyOn<Database>({ connect: async () => poolClient(run, await enter()), end })
  rememberOrigin(db, { _tag: 'PGlite', pglite })
  return db
}

/**
 * A Kysely over an embedded PostgreSQL. It has one connection, so transactions follow one another. `destroy` on the
 * Kysely closes it.
 *
 * @example
 * const db = connectPglite<Database>(new PGlite('./data'))
 * const backend = postgres(db)
 */
export const connectPglite = <Database>(pglite: PGlite): Kysely<Database> =>
  kyselyOnPglite(pglite, () => pglite.close())
