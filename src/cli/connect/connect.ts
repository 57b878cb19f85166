import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import { type CliFailure, failure } from '../failure'
import type { Opening, Runtime } from '../runtime'
import type { Session } from '../session'
import type { Target } from '../target'

type Open<Kind extends Target['kind']> = (
  target: Extract<Target, { readonly kind: Kind }>,
  schema: string,
  opening: Opening,
) => TaskEither<CliFailure, Session>

/** How each kind of database is opened. Loaded when it is wanted: the drivers are optional. */
export interface Drivers {
  readonly server: () => Promise<{ readonly openServer: Open<'server'> }>
  readonly embedded: () => Promise<{ readonly openEmbedded: Open<'embedded'> }>
}

const needs: Readonly<Record<Target['kind'], string>> = {
  server: 'pg kysely',
  embedded: '@electric-sql/pglite kysely',
}

const missing = (kind: Target['kind'], error: unknown): CliFailure => {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return code === 'MODULE_NOT_FOUND' || code === 'ERR_MODULE_NOT_FOUND'
    ? failure('PackageMissing', `A package is missing. Run: npm install ${needs[kind]}`)
    : failure('Unexpected', `The database driver could not be loaded: ${String(error)}`)
}

const opened = (
  drivers: Drivers,
  target: Target,
  schema: string,
  opening: Opening,
): Promise<TaskEither<CliFailure, Session>> => {
  switch (target.kind) {
    case 'server':
      return drivers.server().then(({ openServer }) => openServer(target, schema, opening))
    case 'embedded':
      return drivers.embedded().then(({ openEmbedded }) => openEmbedded(target, schema, opening))
  }
}

/** Opens a database with the driver that it needs. */
export const connectWith =
  (drivers: Drivers): Runtime['connect'] =>
  (target, schema, opening) =>
  async () => {
    try {
      const open = await opened(drivers, target, schema, opening)
      return await open()
    } catch (error) {
      return E.left(missing(target.kind, error))
    }
  }
