import type { Command } from 'commander'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { MAXIMUM_VERSION, type StreamId, streamIdError } from '../../core/stream'
import { type AnyCategory, categoryIn } from '../category-module'
import { type CliFailure, type ExitCode, usage } from '../failure'
import { wholeNumber } from '../numbers'
import { eventsForMachines, eventsForPeople, type EventPrinter } from '../output/events'
import { pagesOf } from '../pages'
import { judged, replayOne, type Replayed, beforeReplay } from '../replay'
import type { Register, Context, Work } from '../runtime'
import { explain, type Session, withSession } from '../session'

export interface ShowOptions {
  readonly at?: string
  readonly after?: string
  readonly limit?: string
  readonly newest?: string
  readonly decider?: string
}

/** The validated options. */
interface Wanted {
  readonly streamId: StreamId
  readonly after: number
  readonly at: number
  readonly limit: number
  /** How many of the last events up to `at`. `undefined`: those after `after`. */
  readonly newest: number | undefined
  readonly category: AnyCategory | undefined
}

const wantedOf = (
  context: Context,
  streamId: StreamId,
  { at, after, limit, newest, decider }: ShowOptions,
): TE.TaskEither<CliFailure, Wanted> => {
  const invalid = streamIdError(streamId)
  if (invalid !== undefined) return TE.left(usage(invalid.message))
  if (newest !== undefined && (after ?? limit) !== undefined) {
    return TE.left(usage('Give either --newest, or --after and --limit.'))
  }
  return pipe(
    TE.Do,
    TE.bind('at', () => TE.fromEither(wholeNumber('--at', at, 0))),
    TE.bind('after', () => TE.fromEither(wholeNumber('--after', after, 0))),
    TE.bind('limit', () => TE.fromEither(wholeNumber('--limit', limit, 1))),
    TE.bind('newest', () => TE.fromEither(wholeNumber('--newest', newest, 1))),
    TE.bind('category', () =>
      decider === undefined ? TE.right(undefined) : categoryIn(context, decider, streamId),
    ),
    TE.map(({ at = MAXIMUM_VERSION, after = 0, limit = Number.MAX_SAFE_INTEGER, ...rest }) => ({
      streamId,
      after,
      at,
      limit,
      newest: rest.newest,
      category: rest.category,
    })),
  )
}

/** With `--newest`: where the last events begin, which takes no more than the stream's version. */
const rangeOf = (session: Session, wanted: Wanted): TE.TaskEither<CliFailure, Wanted> => {
  const { newest, streamId, at } = wanted
  return newest === undefined
    ? TE.right(wanted)
    : pipe(
        session.store.version(streamId),
        TE.mapLeft(explain(session)),
        TE.map((version) => ({ ...wanted, after: Math.max(Math.min(version, at) - newest, 0) })),
      )
}

/** Reads page after page and prints each before it reads the next. For a state it reads from the start. */
const printAll =
  (session: Session, printer: EventPrinter, wanted: Wanted) =>
  async (): Promise<E.Either<CliFailure, ExitCode>> => {
    const { streamId, category, after, at, limit } = wanted
    const first = category === undefined ? after : 0
    let replayed: Replayed | undefined = category && beforeReplay(category)
    let shown = 0
    let next: number | undefined
    let begun = false
    for await (const page of pagesOf(session.store, streamId, { after: first, at })) {
      if (E.isLeft(page)) return E.left(explain(session)(page.left))
      if (!begun) await printer.begin(streamId)
      begun = true
      const wantedHere = page.right.filter(({ version }) => version > after)
      const printed = wantedHere.slice(0, limit - shown)
      await printer.page(printed.map((event) => judged(category, event)))
      shown += printed.length
      if (printed.length < wantedHere.length) next ??= after + shown
      for (const event of page.right)
        replayed = category && replayed && replayOne(category, replayed, event)
      if (next !== undefined && category === undefined) break
    }
    await printer.end(shown, next, replayed)
    return E.right(replayed !== undefined && E.isLeft(replayed.state) ? 1 : 0)
  }

/** Shows the events of a stream, and its state if the module of its decider is given. */
export const show =
  (streamId: StreamId, options: ShowOptions): Work =>
  (context) =>
    pipe(
      wantedOf(context, streamId, options),
      TE.flatMap((wanted) =>
        withSession('existing', (session) => {
          const printer = context.json ? eventsForMachines(context) : eventsForPeople(context)
          return pipe(
            rangeOf(session, wanted),
            TE.flatMap((range) => printAll(session, printer, range)),
          )
        })(context),
      ),
    )

export const registerShow: Register = (program, perform) =>
  program
    .command('show')
    .description('show the events of a stream, and its state')
    .argument('<stream>', 'the id of the stream: account-A1')
    .option('--at <version>', 'only events up to this version, and the state there')
    .option('--after <version>', 'only events after this version')
    .option('--limit <n>', 'at most this many events')
    .option('--newest <n>', 'only the last n events (up to --at)')
    .option(
      '--decider <module>',
      'a module that exports the category: decodes events, shows the state',
    )
    .action((streamId: string, options: ShowOptions, command: Command) =>
      perform(command, show(streamId, options)),
    )
