import { existsSync } from 'node:fs'
import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import type {
  NotOpened,
  OpenedDatabase,
  OpenSettings,
} from '../adapters/postgres/connection/opened-database'
import { type CliFailure, failed, failure, usage } from './failure'
import type { Opening, Runtime } from './runtime'
import type { Target } from './target'

/** How each kind of database is opened. Loaded on demand: the drivers are optional packages. */
export interface Drivers {
  readonly server: () => Promise<{
    readonly openServer: (
      url: string,
      settings: OpenSettings,
    ) => E.Either<NotOpened, OpenedDatabase>
  }>
  readonly embedded: () => Promise<{
    readonly openEmbedded: (
      folder: string,
      settings: OpenSettings,
    ) => TaskEither<NotOpened, OpenedDatabase>
  }>
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

const noFolder = (folder: string): CliFailure =>
  failure(
    'NoFolder',
    `There is no folder ${folder}. To create it, run: npx reprise migrate --url pglite:${folder}`,
  )

const open = async (
  drivers: Drivers,
  target: Target,
  opening: Opening,
  settings: OpenSettings,
): Promise<E.Either<CliFailure, OpenedDatabase>> => {
  switch (target.kind) {
    case 'server': {
      const { openServer } = await drivers.server()
      return E.mapLeft(({ message }: NotOpened) => usage(message))(openServer(target.url, settings))
    }
    case 'embedded': {
      const { openEmbedded } = await drivers.embedded()
      const { folder } = target
      if (opening === 'existing' && !existsSync(folder)) return E.left(noFolder(folder))
      return E.mapLeft(failed)(await openEmbedded(folder, settings)())
    }
  }
}

/** Opens a database with the driver that it needs. */
export const connectWith =
  (drivers: Drivers): Runtime['connect'] =>
  (target, opening, settings) =>
  async () => {
    try {
      return await open(drivers, target, opening, settings)
    } catch (error) {
      return E.left(missing(target.kind, error))
    }
  }
