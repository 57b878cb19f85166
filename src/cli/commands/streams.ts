import type { Command } from 'commander'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import type { StreamSummary } from '../../core/ports/event-store'
import { argument } from '../../core/text'
import type { CliFailure } from '../failure'
import { wholeNumber } from '../numbers'
import { listDocument } from '../output/document'
import { table } from '../output/table'
import { moment, safe } from '../output/text'
import type { Register, Context, Work } from '../runtime'
import { explain, type Session, withSession } from '../session'

export interface StreamsOptions {
  readonly category?: string
  readonly after?: string
  readonly limit?: string
}

const PAGE = 500

/** Prints streams as they are read. */
interface Printer {
  readonly begin: () => Promise<void>
  readonly page: (streams: ReadonlyArray<StreamSummary>) => Promise<void>
  /** @param next - where to continue, if there is more. */
  readonly end: (next: string | undefined, shown: number) => Promise<void>
}

const forMachines = ({ output }: Context): Printer => {
  const document = listDocument(output, 'streams')
  return {
    begin: () => document.begin({}),
    page: (streams) =>
      document.add(
        streams.map(({ streamId, version, recordedAt }) => ({
          streamId,
          version,
          recordedAt: new Date(recordedAt).toISOString(),
        })),
      ),
    end: (next) => document.end({ next: next ?? null }),
  }
}

const forPeople = ({ output }: Context): Printer => {
  const { titles, rows } = table(output, [
    { title: 'VERSION', width: 10 },
    { title: 'LAST EVENT (UTC)', width: 19 },
    { title: 'STREAM', width: 0 },
  ])
  return {
    begin: () => output.write(titles()),
    page: (streams) =>
      output.write(
        rows(
          streams.map(({ streamId, version, recordedAt }) => [
            String(version),
            moment(recordedAt),
            safe(streamId),
          ]),
        ),
      ),
    end: (next, shown) => {
      if (shown === 0) return output.write('(no streams)\n')
      return next === undefined
        ? Promise.resolve()
        : output.write(`There are more. To continue, add: --after ${safe(argument(next))}\n`)
    },
  }
}

/** Reads page after page, never more than `most`, and prints each before it reads the next. */
const printAll =
  (session: Session, printer: Printer, { category, after = '' }: StreamsOptions, most: number) =>
  async (): Promise<E.Either<CliFailure, 0>> => {
    let last = after
    let shown = 0
    for (;;) {
      const wanted = Math.min(PAGE, most - shown)
      const range = {
        after: last,
        limit: wanted + 1,
        ...(category === undefined ? {} : { category }),
      }
      const page = await session.store.streams(range)()
      if (E.isLeft(page)) return E.left(explain(session)(page.left))
      if (shown === 0) await printer.begin()
      const streams = page.right.slice(0, wanted)
      await printer.page(streams)
      shown += streams.length
      last = streams.at(-1)?.streamId ?? last
      const more = page.right.length > wanted
      if (!more || shown >= most) {
        await printer.end(more ? last : undefined, shown)
        return E.right(0)
      }
    }
  }

/** Lists streams with their versions. */
export const streams =
  (options: StreamsOptions): Work =>
  (context) =>
    pipe(
      TE.fromEither(wholeNumber('--limit', options.limit, 1)),
      TE.flatMap((limit = Number.MAX_SAFE_INTEGER) =>
        withSession('existing', (session) => {
          const printer = context.json ? forMachines(context) : forPeople(context)
          return printAll(session, printer, options, limit)
        })(context),
      ),
    )

export const registerStreams: Register = (program, perform) =>
  program
    .command('streams')
    .description('list the streams with their versions')
    .option('--category <category>', 'only streams of this category')
    .option('--after <id>', 'only streams that come after this one')
    .option('--limit <n>', 'at most this many')
    .action((options: StreamsOptions, command: Command) => perform(command, streams(options)))
