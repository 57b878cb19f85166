import { CompiledQuery } from 'kysely'
import { MISUSE, ownError } from './errors'
import { own } from './own-statements'
import type { Executor } from './query'

// One column of each type that our statements answer beside texts.
const SAMPLE = own(
  `select 1::integer as "integer", 1::double precision as "double precision", true as "boolean",
       '{"a": [1]}'::jsonb as "jsonb"`,
)
const EXPECTED = { integer: 1, 'double precision': 1, boolean: true, jsonb: { a: [1] } }
type Sample = Readonly<Record<keyof typeof EXPECTED, unknown>>

/** Which types the driver answers differently from what every driver does unless it is configured otherwise. */
const oddTypes = (sample: Sample): ReadonlyArray<string> =>
  Object.entries(EXPECTED).flatMap(([type, expected]) => {
    const found = sample[type as keyof Sample]
    const isSame =
      type === 'jsonb' ? JSON.stringify(found) === JSON.stringify(expected) : found === expected
    return isSame ? [] : [`${type} as ${typeof found}`]
  })

const verify = async (db: Executor): Promise<void> => {
  const { rows } = await db.executeQuery<Sample>(CompiledQuery.raw(SAMPLE))
  const odd = rows[0] === undefined ? [] : oddTypes(rows[0])
  if (odd.length === 0) return
  return Promise.reject(
    ownError(
      MISUSE,
      `postgres() was given a Kysely whose driver parses ${odd.join(', ')}: give it the pg.Pool, or connectPool(pool), where the application's type parsers do not reach its statements`,
    ),
  )
}

const verified = new WeakMap<object, Promise<void>>()

/**
 * Statements over a driver that this library knows nothing of: the first one finds out whether the application has
 * changed how it parses columns, which would reach our statements as well.
 *
 * @param driver - what one driver is known by.
 */
export const verifiedDriver = (driver: object, db: Executor): Executor => ({
  executeQuery: async (query) => {
    const known = verified.get(driver) ?? verify(db)
    verified.set(driver, known)
    try {
      await known
    } catch (error) {
      const failure = error as Error
      if (verified.get(driver) === known) verified.delete(driver)
      return Promise.reject(failure)
    }
    return db.executeQuery(query)
  },
})
