import type { Command } from 'commander'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { isComplete } from '../../core/tagged-category'
import { count } from '../../core/text'
import { type Verified, verifyStore } from '../../shell/transfer/verify-store'
import { countArchived } from '../../shell/transfer/move-to-file'
import { verifyFiles } from '../../shell/transfer/verify-files'
import { type AnyCategory, categoriesOf } from '../category-module'
import { type CliFailure, type ExitCode, failure } from '../failure'
import { progressPrinter } from '../output/progress'
import { answer } from '../output/report'
import { leftOut, leftOutJson, retiredIn } from '../retired'
import { safe } from '../output/text'
import { type Context, type Register, untilInterrupted, type Work } from '../runtime'
import { explain, explained, type Session, withSession } from '../session'
import { exportsIn } from '../user-module'

export interface VerifyCommandOptions {
  readonly module?: string
}

const forPeople = ({ events, defects, counts }: Verified): string => {
  const found = defects.map(
    ({ rule, place, message }) => `${rule}: ${safe(place)}: ${safe(message)}.`,
  )
  const all = [...counts].map(([rule, number]) => `${rule} ${number}`).join(', ')
  const verdict =
    defects.length === 0
      ? `${count(events, 'event')}: all is well.`
      : `${count(events, 'event')}. Broken rules: ${all}.`
  return `${[...found, verdict].join('\n')}\n`
}

interface FilesVerdict {
  readonly isWell: boolean
  readonly people: string
  readonly machines: object
}

/** Looks at archive files too, if it is known where they are. */
const files = async (
  session: Session,
  context: Context,
): Promise<E.Either<CliFailure, FilesVerdict>> => {
  if (context.archives === undefined) {
    const found = await explained(session)(countArchived({ where: 'files' })(session))()
    if (E.isLeft(found)) return found
    const people = `It did not look at ${count(found.right, 'stream')} in archive files: add --archives <folder>.\n`
    return E.right(
      found.right === 0
        ? { isWell: true, people: '', machines: {} }
        : {
            isWell: true,
            people,
            machines: { inFiles: { streams: found.right, verified: false } },
          },
    )
  }
  const verified = await untilInterrupted(context, (signal) => verifyFiles(signal)(session)())
  if (E.isLeft(verified)) return E.left(explain(session)(verified.left))
  const { streams, defects, count: wrong, isInterrupted } = verified.right
  if (isInterrupted) {
    return E.left(failure('Interrupted', `Interrupted after ${count(streams, 'stream')} in files.`))
  }
  const lines = defects.map(
    ({ rule, place, message }) => `${rule}: ${safe(place)}: ${safe(message)}`,
  )
  const verdict = wrong === 0 ? 'all is well' : count(wrong, 'defect')
  const people = `${[...lines, `${count(streams, 'stream')} in archive files: ${verdict}.`].join('\n')}\n`
  return E.right({
    isWell: wrong === 0,
    people: streams === 0 ? '' : people,
    machines: streams === 0 ? {} : { inFiles: { streams, verified: true, wrong, defects } },
  })
}

const verify = async (
  session: Session,
  context: Context,
  categories: ReadonlyArray<AnyCategory>,
): Promise<E.Either<CliFailure, ExitCode>> => {
  const tagged = await explained(session)(session.operator.taggedCategories())()
  if (E.isLeft(tagged)) return tagged
  const completeTags = tagged.right.filter(isComplete).map(({ category }) => category)
  const progress = progressPrinter(context, { verifying: session.schema })
  const verified = await untilInterrupted(context, (signal) =>
    verifyStore({ categories, completeTags, onProgress: progress.show, signal })(session)(),
  )
  await progress.end()
  if (E.isLeft(verified)) return E.left(explain(session)(verified.left))
  const { events, defects, counts, isInterrupted } = verified.right
  if (isInterrupted && defects.length === 0) {
    return E.left(failure('Interrupted', `Interrupted after ${count(events, 'event')}.`))
  }
  const retired = await retiredIn(session)()
  if (E.isLeft(retired)) return retired
  const inFiles = await files(session, context)
  if (E.isLeft(inFiles)) return inFiles
  const machines = {
    ...{ events, defects, counts: Object.fromEntries(counts) },
    ...leftOutJson(retired.right),
    ...inFiles.right.machines,
  }
  await answer(
    context,
    () => ({ verified: machines }),
    () =>
      `${forPeople(verified.right)}${inFiles.right.people}${leftOut('Of the rules for events it', retired.right)}`,
  )()
  return E.right(defects.length === 0 && inFiles.right.isWell ? 0 : 1)
}

/** Looks at everything that the store holds, and says what does not fit together. */
const verifying =
  ({ module }: VerifyCommandOptions): Work =>
  (context) =>
    pipe(
      module === undefined ? TE.right([]) : pipe(exportsIn(context, module), TE.map(categoriesOf)),
      TE.flatMap((categories) =>
        withSession('existing', (session) => () => verify(session, context, categories))(context),
      ),
    )

export const registerVerify: Register = (program, perform) =>
  program
    .command('verify')
    .description('look at everything that is stored, and say what does not fit together')
    .option('--module <file>', 'also decode the events of the categories that this module exports')
    .action((options: VerifyCommandOptions, command: Command) =>
      perform(command, verifying(options)),
    )
