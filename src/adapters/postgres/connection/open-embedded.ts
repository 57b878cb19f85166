import { mkdirSync } from 'node:fs'
import { PGlite } from '@electric-sql/pglite'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import {
  type NotOpened,
  notOpened,
  type OpenedDatabase,
  openedDatabase,
  type OpenSettings,
} from './opened-database'
import { connectPglite } from './pglite'
import { ONE_CONNECTION } from './prepared-statements-probe'

/**
 * An embedded PostgreSQL in a folder, which is made if it is not there. No other process may have it open.
 *
 * Fails with `NotOpened`: the folder cannot be made or read, or holds something else.
 */
export const openEmbedded =
  (folder: string, settings: OpenSettings): TE.TaskEither<NotOpened, OpenedDatabase> =>
  async () => {
    try {
      mkdirSync(folder, { recursive: true })
      const pglite = await PGlite.create(folder)
      return E.right(
        openedDatabase(connectPglite<unknown>(pglite), settings, TE.right(ONE_CONNECTION)),
      )
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error)
      return E.left(notOpened(`The PGlite folder ${folder} cannot be opened: ${detail}`))
    }
  }
