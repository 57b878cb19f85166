import * as E from 'fp-ts/Either'
import { identity } from 'fp-ts/function'
import type { Task } from 'fp-ts/Task'
import type { MigrationChanged, StoreFailed } from '../../core/errors/store'
import type { Migrated } from '../../core/ports/backend'
import { preview } from '../../core/issue'
import { setting } from '../../core/setting'
import { postgres, type PostgresBackend, type PostgresOptions } from './backend'
import { type DatabaseHandle, unusable } from './connection/database'
import { DEFAULT_SCHEMA } from './schema/names'

/** Where the events of a tenant are. */
export interface TenantPlace<Database> {
  /** Shared by tenants that have a schema each; one for each tenant that has a database of its own. */
  readonly database: DatabaseHandle<Database>
  /** Default `reprise`. */
  readonly schema?: string
}

/** A tenant whose migration has failed. Nothing of it was changed, unless its outcome is `unknown`. */
export interface TenantNotMigrated {
  readonly tenant: string
  readonly error: MigrationChanged | StoreFailed
}

/** What has become of the migrations of some tenants. */
export interface TenantsMigrated {
  /** How many were brought up to date now. */
  readonly migrated: number
  /** How many had nothing to do. */
  readonly upToDate: number
  /** In the order in which they have failed. */
  readonly failed: ReadonlyArray<TenantNotMigrated>
}

/** How tenants are migrated. Every key is optional. */
export interface MigrateTenants {
  /** How many at once: each takes a connection. 1 to 64. Default 4. */
  readonly parallel?: number
  /** Called after each tenant, with how many are done, and of how many. Default: nobody is told. */
  readonly onProgress?: (done: number, of: number) => void
  /** Begins no further tenant once it is aborted. */
  readonly signal?: AbortSignal
}

/** The backends of an application with tenants. */
export interface Tenants<Database> {
  /**
   * The backend of a tenant: the same one each time. Never fails; if the tenant has no place of its own, each call of the
   * backend answers `StoreFailed`, whose message says why.
   */
  readonly tenant: (id: string) => PostgresBackend<Database>
  /**
   * Creates the tables of these tenants, or brings them up to date, each in a transaction of its own. Never fails: those
   * that could not be migrated are in the answer, and the others go on. Safe to run again, after a crash too: those
   * that are done have nothing to do.
   */
  readonly migrate: (tenants: Iterable<string>, options?: MigrateTenants) => Task<TenantsMigrated>
  /** Closes all backends that were made. What was handed in stays open: end it afterwards. */
  readonly close: () => Promise<void>
}

const MOST_AT_ONCE = 64

/** Works on the items, so many at once. */
const inParallel = async <Item>(
  items: ReadonlyArray<Item>,
  parallel: number,
  work: (item: Item) => Promise<void>,
): Promise<void> => {
  const left = items.values()
  const worker = async () => {
    for (const item of left) await work(item)
  }
  await Promise.all(Array.from({ length: Math.min(parallel, items.length) }, worker))
}

/**
 * The backends of tenants, of whom nobody sees anything of another: each has a schema of its own, or a database. Tenants on
 * one pool share its connections, and the one that listens for wake-ups.
 *
 * @param placeOf - where the events of a tenant are. Called once for each that has a place. Two tenants in one place are refused.
 * @param options - those of every backend.
 *
 * @example
 * const tenants = postgresTenants((id) => ({ database: pool, schema: `tenant_${id}` }))
 * const accounts = openCategory(account, tenants.tenant('north'))
 */
export const postgresTenants = <Database = unknown>(
  placeOf: (tenant: string) => TenantPlace<Database>,
  options: Omit<PostgresOptions<Database>, 'schema'> = {},
): Tenants<Database> => {
  const backends = new Map<string, PostgresBackend<Database>>()
  /** Who has which schema of a database. */
  const owners = new Map<object, Map<string, string>>()

  const placed = (id: string): E.Either<string, Required<TenantPlace<Database>>> => {
    const found = E.tryCatch(
      () => {
        const { database, schema = DEFAULT_SCHEMA } = placeOf(id)
        return { database, schema }
      },
      (cause) => `placeOf has thrown: ${preview(cause)}`,
    )
    if (E.isLeft(found)) return found
    const { database, schema } = found.right
    const schemas = owners.get(database) ?? new Map<string, string>()
    owners.set(database, schemas)
    const owner = schemas.get(schema)
    if (owner !== undefined)
      return E.left(`it would share the schema ${schema} with ${preview(owner)}`)
    schemas.set(schema, id)
    return E.right({ database, schema })
  }

  const tenant = (id: string): PostgresBackend<Database> => {
    const known = backends.get(id)
    if (known !== undefined) return known
    const place = placed(id)
    if (E.isLeft(place)) {
      // Not kept: the tenant may get its place later.
      const problem = `the tenant ${preview(id)} has no place of its own: ${place.left}`
      return postgres(unusable<Database>(problem), options)
    }
    const { database, schema } = place.right
    const made = postgres(database, { ...options, schema })
    backends.set(id, made)
    return made
  }

  return {
    tenant,
    migrate:
      (ids, { parallel, onProgress, signal } = {}) =>
      async () => {
        const all = [...new Set(ids)]
        const failed: TenantNotMigrated[] = []
        let [done, migrated] = [0, 0]
        const migrateOne = async (id: string): Promise<void> => {
          if (signal?.aborted === true) return
          const answer: E.Either<MigrationChanged | StoreFailed, Migrated> =
            await tenant(id).migrate()
          if (E.isLeft(answer)) failed.push({ tenant: id, error: answer.left })
          else if (answer.right.applied.length > 0) migrated += 1
          done += 1
          E.tryCatch(() => onProgress?.(done, all.length), identity) // what it throws is its own affair
        }
        await inParallel(all, setting(parallel, 4, 1, MOST_AT_ONCE), migrateOne)
        return { migrated, upToDate: done - migrated - failed.length, failed }
      },
    close: async () => {
      const open = [...backends.values()]
      backends.clear()
      owners.clear()
      await Promise.all(open.map((backend) => backend.close()))
    },
  }
}
