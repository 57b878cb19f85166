import { existsSync, mkdirSync } from 'node:fs'
import { PGlite } from '@electric-sql/pglite'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { connectPglite } from '../../adapters/postgres/connection/pglite'
import { type CliFailure, failure } from '../failure'
import type { Opening } from '../runtime'
import type { Session } from '../session'
import type { Target } from '../target'
import { sessionOn } from './session-on'

/** An embedded PostgreSQL in a folder. No other process may have it open. */
export const openEmbedded =
  (
    { folder, place }: Extract<Target, { readonly kind: 'embedded' }>,
    schema: string,
    opening: Opening,
  ): TE.TaskEither<CliFailure, Session> =>
  async () => {
    if (opening === 'existing' && !existsSync(folder)) {
      return E.left(
        failure(
          'NoFolder',
          `There is no folder ${folder}. To make it, run: npx reprise migrate --url pglite:${folder}`,
        ),
      )
    }
    try {
      mkdirSync(folder, { recursive: true })
      const pglite = await PGlite.create(folder)
      return E.right(
        sessionOn(connectPglite<unknown>(pglite), {
          place,
          schema,
          kind: 'embedded',
          probePreparing: TE.right({
            usable: 'yes',
            pooled: false,
            detail: 'there is one connection',
          }),
        }),
      )
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error)
      return E.left(failure('NotOpened', `The PGlite folder ${folder} cannot be opened: ${detail}`))
    }
  }
