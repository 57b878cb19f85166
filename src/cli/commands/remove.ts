import type { Command } from 'commander'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { postgresSubscriptions } from '../../adapters/postgres/subscriptions/subscription-store'
import { type CliFailure, failure, usage } from '../failure'
import { answer } from '../output/report'
import { briefly, count, safe } from '../output/text'
import { type PartitionView, partitionsOf } from '../read-side/partitions'
import { type Found, resolve } from '../read-side/resolve'
import type { Register } from '../register'
import type { Work } from '../runtime'
import { explain, withSession } from '../session'

export interface RemoveOptions {
  readonly yes?: boolean
  readonly force?: boolean
}

/** What speaks against it, apart from a missing `--yes`. */
const refusal = (
  { name, projection }: Found,
  views: ReadonlyArray<PartitionView>,
  force: boolean,
): CliFailure | undefined => {
  if (projection !== null) {
    return failure(
      'IsProjection',
      `${name} keeps the documents of the projection ${projection}: a program that runs it would begin at the start, on top of them. To make them anew: npx reprise rebuild ${projection} --module <file>`,
    )
  }
  const owned = views.find(({ owner }) => owner !== null)
  if (owned === undefined || force) return undefined
  const heard = owned.heartbeatAge === null ? '' : `, heard ${briefly(owned.heartbeatAge)} ago`
  return failure(
    'Owned',
    `${name} is running (owner ${owned.owner ?? ''}${heard}). Stop it first; or add --force: what its owner has in hand is then not saved.`,
  )
}

const consequences = (name: string, views: ReadonlyArray<PartitionView>): string => {
  const held = views.reduce((sum, { parked, waiting }) => sum + parked + waiting, 0)
  return [
    'A program that starts it again begins where it says: at the start, unless told otherwise.',
    held > 0 ? `${count(held, 'held stream')} will be forgotten.` : '',
    name.startsWith('process:')
      ? 'The states of its processes and what they have asked for stay as they are.'
      : '',
  ]
    .filter((line) => line !== '')
    .join(' ')
}

/** Forgets a subscription that no program has any more. */
export const remove = (given: string, { yes = false, force = false }: RemoveOptions): Work =>
  withSession('existing', (session, context) =>
    pipe(
      TE.Do,
      TE.bind('found', () => resolve(session, given)),
      TE.bind('views', ({ found }) =>
        pipe(partitionsOf(session, found.name), TE.mapLeft(explain(session))),
      ),
      TE.flatMap(({ found, views }) => {
        const refused = refusal(found, views, force)
        if (refused !== undefined) return TE.left(refused)
        const meaning = consequences(found.name, views)
        if (!yes) {
          return TE.left(usage(`${found.name} would be forgotten. ${meaning} To do it, add --yes`))
        }
        return pipe(
          postgresSubscriptions(session.db, { schema: session.schema }).remove(found.name),
          TE.mapLeft(explain(session)),
          TE.flatMap((removed) =>
            answer(
              context,
              () => ({ subscription: found.name, removed }),
              () => `${safe(found.name)} is forgotten. ${meaning}\n`,
            ),
          ),
        )
      }),
    ),
  )

export const registerRemove: Register = (program, perform) =>
  program
    .command('remove')
    .description('forget a subscription that no program has any more')
    .argument('<subscription>', 'its name, or that of the process manager')
    .option('--yes', 'do it')
    .option('--force', 'also while it is running: its owner loses what it has in hand')
    .action((name: string, options: RemoveOptions, command: Command) =>
      perform(command, remove(name, options)),
    )
