import type { Command } from 'commander'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { argument } from '../../core/text'
import { isComplete, type TaggedCategory } from '../../core/tagged-category'
import { rebuildTags } from '../../shell/category/rebuild-tags'
import { type AnyCategory, taggedCategoriesIn } from '../category-module'
import { audited } from '../auditing'
import { type CliFailure, type ExitCode, failure } from '../failure'
import { progressPrinter } from '../output/progress'
import { reportFailure } from '../output/report'
import { safe } from '../output/text'
import { leftOut, leftOutJson, retiredIn } from '../retired'
import { type Context, type Register, untilInterrupted, type Work } from '../runtime'
import { explain, explained, type Session, withSession } from '../session'

export interface RebuildTagsOptions {
  readonly category?: string
  readonly again?: boolean
}

const sentence = (one: TaggedCategory): string => {
  const { category, completeAfter, rebuiltTo, enforced } = one
  const name = safe(category)
  if (completeAfter === undefined) {
    return `${name}: not complete, for it had events before its first tags. Rebuild them.`
  }
  if (!isComplete(one)) return `${name}: being rebuilt, at ${rebuiltTo} of ${completeAfter}.`
  return enforced
    ? `${name}: complete; an append that does not declare them is refused.`
    : `${name}: complete, for as long as every process that appends declares them.`
}

/** What is known of the tags of every category. */
export const tagsStatus = (): Work =>
  withSession('existing', (session, { output, json }) =>
    pipe(
      explained(session)(session.operator.taggedCategories()),
      TE.chainFirstTaskK((all) => () => {
        const machines = all.map((one) => ({
          ...one,
          completeAfter: one.completeAfter ?? null,
          complete: isComplete(one),
        }))
        return output.write(
          json
            ? `${JSON.stringify({ categories: machines })}\n`
            : `${all.length === 0 ? 'No category declares tags.' : all.map(sentence).join('\n')}\n`,
        )
      }),
      TE.map((all) => (all.every(isComplete) ? 0 : 1)),
    ),
  )

const rebuildOne = async (
  session: Session,
  context: Context,
  { category, again }: { readonly category: AnyCategory; readonly again: boolean },
  signal: AbortSignal,
): Promise<E.Either<CliFailure, ExitCode>> => {
  const progress = progressPrinter(context, { projection: category.name })
  let troubled = ''
  const rebuilt = await rebuildTags(category, {
    signal,
    which: again ? 'again' : 'unfinished',
    onProgress: progress.show,
    onTrouble: (error) => {
      if (error.message === troubled) return
      troubled = error.message
      void reportFailure(context.output, context.json, explain(session)(error))
    },
  })(session)()
  await progress.end()
  if (E.isLeft(rebuilt)) return E.left(explain(session)(rebuilt.left))
  const one = rebuilt.right
  if (one === undefined || !isComplete(one)) {
    const next = `npx reprise tags rebuild <module> --category ${argument(category.name)}`
    const message = `Interrupted: the tags of ${safe(category.name)} are not complete. To go on: ${next}`
    return E.left(failure('Interrupted', message))
  }
  const retired = await retiredIn(session)()
  if (E.isLeft(retired)) return retired
  await context.output.write(
    context.json
      ? `${JSON.stringify({ rebuilt: one, ...leftOutJson(retired.right) })}\n`
      : `${sentence(one)}\n${leftOut('The rebuild', retired.right)}`,
  )
  return E.right(0)
}

/** Rebuilds the tags of the categories that a module exports. */
export const tagsRebuild =
  (module: string, { category, again = false }: RebuildTagsOptions): Work =>
  (context) =>
    pipe(
      taggedCategoriesIn(context, module, category),
      TE.flatMap((categories) =>
        withSession(
          'existing',
          (session) => () =>
            untilInterrupted(context, async (signal) => {
              for (const one of categories) {
                const done = await audited(session, context)(
                  { action: 'rebuild tags', subject: one.name, detail: again ? { again } : {} },
                  () => rebuildOne(session, context, { category: one, again }, signal),
                  () => `The tags of ${one.name} are complete.`,
                )()
                if (E.isLeft(done)) return done
              }
              return E.right<CliFailure, ExitCode>(0)
            }),
        )(context),
      ),
    )

export const registerTags: Register = (program, perform) => {
  const tags = program.command('tags').description('see and rebuild the tags of categories')
  tags
    .command('status')
    .description('how far the tags of each category can be relied on')
    .action((_options: unknown, command: Command) => perform(command, tagsStatus()))
  return tags
    .command('rebuild')
    .description("give stored events the tags that their category's code gives them now")
    .argument('<module>', 'a module that exports the categories')
    .option('--category <name>', 'only this one of them')
    .option('--again', 'also if they are complete: their function has changed')
    .action((module: string, options: RebuildTagsOptions, command: Command) =>
      perform(command, tagsRebuild(module, options)),
    )
}
