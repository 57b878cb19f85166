import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Command, CommanderError } from 'commander'
import * as E from 'fp-ts/Either'
import { DEFAULT_SCHEMA } from '../adapters/postgres/schema/names'
import { commands } from './commands'
import { type CliFailure, failure, usage } from './failure'
import { reportFailure } from './output/report'
import type { Perform, Runtime, Work } from './runtime'

interface SharedOptions {
  readonly url?: string
  readonly schema: string
  readonly json?: boolean
  readonly by?: string
  readonly archives?: string
}

const versionOf = (): string => {
  const text = readFileSync(join(__dirname, '..', '..', 'package.json'), 'utf8')
  const { version } = JSON.parse(text) as { readonly version: string }
  return version
}

/** The width of a terminal that is not known. */
const USUAL_COLUMNS = 80

const makeProgram = (write: (text: string) => void, columns = USUAL_COLUMNS): Command =>
  new Command('reprise')
    .description('Administers a Reprise event store.')
    .version(versionOf())
    .option('--url <url>', 'postgres://... or pglite:./folder (default: DATABASE_URL)')
    .option('--schema <name>', 'the schema that holds the tables', DEFAULT_SCHEMA)
    .option('--json', 'print JSON')
    .option(
      '--by <name>',
      'who does it, for the audit (default: REPRISE_OPERATOR, or the user of this machine)',
    )
    .option(
      '--archives <folder>',
      'where archive files are, to read what is in them (default: REPRISE_ARCHIVES)',
    )
    .exitOverride()
    .configureOutput({
      writeOut: write,
      writeErr: () => undefined,
      getOutHelpWidth: () => columns,
    })
    .configureHelp({ showGlobalOptions: true, minWidthToWrap: 20 })
    .allowExcessArguments(false)

/** The failure for an error of commander, or for anything else that was thrown: one line. */
const failureOf = (error: unknown): CliFailure => {
  if (!(error instanceof CommanderError)) {
    return failure('Unexpected', error instanceof Error ? error.message : String(error))
  }
  return error.code === 'commander.help'
    ? usage('Which command? `reprise --help` lists them.')
    : usage(`${error.message.replace(/^error: /, '')} (\`reprise --help\` lists them all.)`)
}

/**
 * Runs the command that `args` name.
 *
 * @returns the exit code: 0 all is well, 1 something failed or is wrong, 2 wrong usage.
 */
export const run = async (args: ReadonlyArray<string>, runtime: Runtime): Promise<number> => {
  let exitCode = 0
  let help = ''
  const program = makeProgram((text) => {
    help += text
  }, runtime.output.columns)

  const perform: Perform = async (command, work: Work) => {
    const { url, schema, json = false, ...who } = command.optsWithGlobals<SharedOptions>()
    const by = who.by ?? runtime.environment['REPRISE_OPERATOR'] ?? runtime.userName()
    const archives = who.archives ?? runtime.environment['REPRISE_ARCHIVES']
    const context = {
      ...{ ...runtime, url, schema, json, by },
      archives: archives === undefined ? undefined : resolve(runtime.folder, archives),
    }
    const result =
      schema === '' ? E.left(usage('--schema must not be empty.')) : await work(context)()
    exitCode = E.isRight(result) ? result.right : result.left.exitCode
    if (E.isLeft(result)) await reportFailure(runtime.output, json, result.left)
  }

  for (const register of commands) register(program, perform)
  try {
    await program.parseAsync([...args], { from: 'user' })
  } catch (error) {
    if (help !== '' && error instanceof CommanderError && error.exitCode === 0) {
      await runtime.output.write(help)
      return 0
    }
    const described = failureOf(error)
    await reportFailure(runtime.output, args.includes('--json'), described)
    return described.exitCode
  }
  return exitCode
}
