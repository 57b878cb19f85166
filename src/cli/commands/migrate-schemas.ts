import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import * as E from 'fp-ts/Either'
import { postgresTenants, type TenantsMigrated } from '../../adapters/postgres/tenants'
import { count } from '../../core/text'
import { type CliFailure, failure, usage } from '../failure'
import { progressPrinter } from '../output/progress'
import { answer } from '../output/report'
import { oneLine, safe } from '../output/text'
import { type Context, untilInterrupted, type Work } from '../runtime'
import { explain, type Session, withSession } from '../session'

/** The names in a file, one in each line; empty lines and those that begin with `#` are none. */
const namesIn = async (path: string): Promise<E.Either<CliFailure, ReadonlyArray<string>>> => {
  try {
    const lines = (await readFile(path, 'utf8')).split(/\r?\n/)
    const names = lines.filter((line) => line.trim() !== '' && !line.startsWith('#'))
    return names.length > 0 ? E.right(names) : E.left(usage(`${safe(path)} names no schema.`))
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    return E.left(usage(`${safe(path)} cannot be read: ${oneLine(reason)}`))
  }
}

const report = (
  session: Session,
  context: Context,
  names: ReadonlyArray<string>,
  { migrated, upToDate, failed }: TenantsMigrated,
) => {
  const failures = failed.map(({ tenant: schema, error }) => {
    const { message } = explain({ place: session.place, schema })(error)
    return { schema, message }
  })
  const lines = failures.map(
    ({ schema, message }) => `Failed ${safe(schema)}: ${safe(oneLine(message))}\n`,
  )
  const total = `${count(migrated, 'schema')} migrated, ${upToDate} up to date, ${failed.length} failed.\n`
  return answer(
    context,
    () => ({ schemas: names.length, migrated, upToDate, failed: failures }),
    () => `${lines.join('')}${total}`,
  )
}

/** Brings every schema up to date that a file names. One that fails keeps no other from it. */
export const migrateSchemas = (file: string): Work =>
  withSession('existing or new', (session, context) => async () => {
    const names = await namesIn(resolve(context.folder, file))
    if (E.isLeft(names)) return names
    const progress = progressPrinter(context, { migrate: session.place })
    const tenants = postgresTenants((schema) => ({ database: session.db, schema }), {
      wakeUps: 'poll',
    })
    const done = await untilInterrupted(context, async (signal) => ({
      answer: await tenants.migrate(names.right, { signal, onProgress: progress.show })(),
      isWhole: !signal.aborted,
    }))
    await progress.end()
    await tenants.close()
    const reported = await report(session, context, names.right, done.answer)()
    if (E.isLeft(reported)) return reported
    if (!done.isWhole) {
      return E.left(
        failure('Interrupted', 'Interrupted. Run it again: what is done has nothing to do.'),
      )
    }
    return E.right(done.answer.failed.length === 0 ? 0 : 1)
  })
