import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { partitionEvents, partitioningProblem } from '../../adapters/postgres/schema/partitioning'
import { type CliFailure, failure, usage } from '../failure'
import { progressPrinter } from '../output/progress'
import { answer } from '../output/report'
import { safe } from '../output/text'
import { untilInterrupted, type Work } from '../runtime'
import { explain, explained, withSession } from '../session'

/** The number in `hash:16`. */
const partitionsIn = (text: string): E.Either<CliFailure, number> => {
  if (text.startsWith('time')) {
    return E.left(
      usage(
        `--partition-by ${safe(text)}: events are not partitioned by time, for then two events of a stream could have the same version. Use hash:16, say; to keep the table small close and archive streams: npx reprise archive.`,
      ),
    )
  }
  const digits = /^hash:(\d+)$/.exec(text)?.[1]
  if (digits === undefined) {
    return E.left(usage(`--partition-by takes hash:16, say, and not ${safe(text)}.`))
  }
  const partitions = Number(digits)
  const problem = partitioningProblem(partitions)
  return problem === undefined
    ? E.right(partitions)
    : E.left(usage(`--partition-by ${safe(text)}: ${problem.message}`))
}

/** Creates the tables, or brings them up to date; then moves the events to partitions, unless they are there already. */
export const migrateToPartitions =
  (how: string): Work =>
  (context) =>
    pipe(
      TE.fromEither(partitionsIn(how)),
      TE.flatMap((partitions) =>
        withSession('existing or new', (session) => async () => {
          const migrated = await explained(session)(session.migrate)()
          if (E.isLeft(migrated)) return migrated
          const progress = progressPrinter(context, { partitioning: session.schema })
          const done = await untilInterrupted(context, (signal) =>
            partitionEvents(
              session.db,
              session.schema,
            )({ partitions, signal, onProgress: progress.show })(),
          )
          await progress.end()
          if (E.isLeft(done)) return E.left(explain(session)(done.left))
          const { outcome } = done.right
          if (outcome === 'stopped') {
            return E.left(
              failure(
                'Interrupted',
                'Interrupted. The store works as before, but for erasing, archiving and truncating. Run it again: it goes on where it is.',
              ),
            )
          }
          return answer(
            context,
            () => ({ schema: session.schema, ...migrated.right, partitions, outcome }),
            () =>
              outcome === 'before'
                ? `Nothing to do: the events in the schema ${session.schema} at ${session.place} are in ${partitions} partitions.\n`
                : `The events in the schema ${session.schema} at ${session.place} are in ${partitions} partitions now.\n`,
          )()
        })(context),
      ),
    )
