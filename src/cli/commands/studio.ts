import type { Command } from 'commander'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { backgroundRebuilds } from '../background-rebuilds'
import { type AnyCategory, categoriesOf } from '../category-module'
import { type CliFailure, type ExitCode, failed, failure, usage } from '../failure'
import { wholeNumber } from '../numbers'
import { type AnyProjection, projectionsOf } from '../projection-module'
import { type Context, type Register, untilInterrupted, type Work } from '../runtime'
import { explain, type Session, withSession } from '../session'
import { exportsIn } from '../user-module'

export interface StudioOptions {
  readonly module?: ReadonlyArray<string>
  readonly port?: string
  readonly operate?: boolean
  readonly operator?: string
  /** `false`: nothing is hidden. */
  readonly mask?: ReadonlyArray<string> | false
}

const MAXIMUM_PORT = 65_535

/** The application's own code. */
interface Code {
  readonly categories: ReadonlyArray<AnyCategory>
  readonly projections: ReadonlyArray<AnyProjection>
}

const portOf = (text: string | undefined): E.Either<CliFailure, number> =>
  pipe(
    wholeNumber('--port', text, 0),
    E.flatMap((port = 0) =>
      port > MAXIMUM_PORT
        ? E.left(usage(`--port must be at most ${MAXIMUM_PORT}; got ${port}.`))
        : E.right(port),
    ),
  )

const codeIn =
  (context: Context, paths: ReadonlyArray<string>): TE.TaskEither<CliFailure, Code> =>
  async () => {
    const found: unknown[] = []
    for (const path of paths) {
      const values = await exportsIn(context, path)()
      if (E.isLeft(values)) return values
      if (categoriesOf(values.right).length + projectionsOf(values.right).length === 0) {
        const message = `${path} exports neither a category nor a projection: export it, by name or as the default.`
        return E.left(failure('NoCategory', message))
      }
      found.push(...values.right)
    }
    return E.right({ categories: categoriesOf(found), projections: projectionsOf(found) })
  }

const ended = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })

interface Serving {
  readonly code: Code
  readonly port: number
  readonly version: string
  readonly options: StudioOptions
}

const said = (
  { output, json }: Context,
  url: string,
  place: string,
  operator: string | undefined,
): Promise<void> =>
  output.write(
    json
      ? `${JSON.stringify({ studio: { url, operate: operator !== undefined } })}\n`
      : `The studio shows ${place}${operator === undefined ? ', read-only' : `. ${operator} may retry, skip, resume and rebuild`}. Open in a browser:\n\n  ${url}\n\nCtrl-C ends it.\n`,
  )

const serve = async (
  session: Session,
  context: Context,
  { code, port, version, options }: Serving,
  signal: AbortSignal,
): Promise<E.Either<CliFailure, ExitCode>> => {
  const { startStudio, maskOf, DEFAULT_MASK } = await context.loadStudio()
  const { place, schema } = session
  const { now } = context
  const mask =
    options.mask === false ? undefined : maskOf([...DEFAULT_MASK, ...(options.mask ?? [])])
  const operator = options.operate === true ? (options.operator ?? context.by) : undefined
  const rebuilds = backgroundRebuilds(session, code.projections, { signal, now })
  const started = await startStudio(
    {
      backend: session,
      ...{ place, schema, version, mask, operator, rebuilds, now },
      categories: code.categories,
      explain: (error) => explain(session)(error).message,
    },
    port,
  )()
  if (E.isLeft(started)) return E.left(failed(started.left))
  await said(context, started.right.url, place, operator)
  await ended(signal)
  await started.right.close()
  await rebuilds.settled()
  return E.right(0)
}

/** Shows the store in a browser, until it is interrupted. */
export const studio =
  (options: StudioOptions, version: string): Work =>
  (outer) =>
    pipe(
      TE.Do,
      TE.bind('port', () => TE.fromEither(portOf(options.port))),
      TE.bind('code', () => codeIn(outer, options.module ?? [])),
      TE.flatMap(({ port, code }) =>
        withSession(
          'existing',
          (session, context) => () =>
            untilInterrupted(context, (signal) =>
              serve(session, context, { code, port, version, options }, signal),
            ),
        )(outer),
      ),
    )

const collect = (value: string, before: ReadonlyArray<string> = []): ReadonlyArray<string> => [
  ...before,
  value,
]

export const registerStudio: Register = (program, perform) =>
  program
    .command('studio')
    .description('show streams, states and subscriptions in a browser, on this machine only')
    .option(
      '--module <file>',
      'a module that exports categories or projections; may be given again',
      collect,
    )
    .option('--port <n>', 'where it listens on 127.0.0.1 (default: a free port)')
    .option('--operate', 'permit retry, skip, resume and rebuild')
    .option('--operator <name>', 'who that is, for the audit (default: as --by)')
    .option('--mask <field>', 'hide this field too; may be given again', collect)
    .option('--no-mask', 'hide nothing')
    .action((options: StudioOptions, command: Command) =>
      perform(command, studio(options, program.version() ?? '')),
    )
