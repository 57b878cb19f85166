import type { Command } from 'commander'
import type { TaskEither } from 'fp-ts/TaskEither'
import type { OpenedDatabase, OpenSettings } from '../adapters/postgres/connection/opened-database'
import type { startStudio } from '../studio/listen'
import type { DEFAULT_MASK, maskOf } from '../studio/masking'
import type { CliFailure, ExitCode } from './failure'
import type { Target } from './target'

/** Where the output of a command goes. */
export interface Output {
  /** Resolves when more can be written, so that a slow reader slows the command and memory stays bounded. */
  readonly write: (text: string) => Promise<void>
  readonly writeError: (text: string) => Promise<void>
  /** The width of the terminal. `undefined`: the output is not a terminal. */
  readonly columns: number | undefined
  /** The same of the error stream. */
  readonly errorColumns?: number | undefined
  readonly colour: boolean
}

/** Whether a database folder that does not exist yet may be created. */
export type Opening = 'existing' | 'existing or new'

/** What the command line needs of the studio. */
export interface StudioModule {
  readonly startStudio: typeof startStudio
  readonly maskOf: typeof maskOf
  readonly DEFAULT_MASK: typeof DEFAULT_MASK
}

/** Everything outside the program that a command may use. */
export interface Runtime {
  readonly output: Output
  readonly environment: Readonly<Record<string, string | undefined>>
  /** The directory that relative paths are resolved against. */
  readonly folder: string
  readonly connect: (
    target: Target,
    opening: Opening,
    settings: OpenSettings,
  ) => TaskEither<CliFailure, OpenedDatabase>
  /** Loads the studio: no other command needs it. */
  readonly loadStudio: () => Promise<StudioModule>
  /** Loads a module of the user, by its absolute path. */
  readonly importModule: (path: string) => Promise<unknown>
  /** Calls `stop` when the user interrupts the program, until the returned function is called. */
  readonly onInterrupt: (stop: () => void) => () => void
  /** Asks the user, and waits for a line. Omitted: there is no terminal, so nobody can be asked. */
  readonly ask?: (question: string) => Promise<string>
  /** Milliseconds since 1970-01-01 UTC. */
  readonly now: () => number
  /** The user of this machine who runs the program. */
  readonly userName: () => string
}

/** What every command receives: the runtime, and the options that all commands share. */
export interface Context extends Runtime {
  readonly url: string | undefined
  readonly schema: string
  readonly json: boolean
  /** Who runs the command, as the audit names them. */
  readonly by: string
  /** The folder where archive files are. `undefined`: it was not given. */
  readonly archives: string | undefined
}

/** A command whose own options are parsed. */
export type Work = (context: Context) => TaskEither<CliFailure, ExitCode>

/** Runs a command with the options that all commands share, and reports its result. */
export type Perform = (command: Command, work: Work) => Promise<void>

/** Adds one command to the program. */
export type Register = (program: Command, perform: Perform) => Command

/** Runs `work` with a signal that is aborted when the user interrupts the program. */
export const untilInterrupted = async <A>(
  { onInterrupt }: Pick<Runtime, 'onInterrupt'>,
  work: (signal: AbortSignal) => Promise<A>,
): Promise<A> => {
  const controller = new AbortController()
  const unlisten = onInterrupt(() => controller.abort())
  try {
    return await work(controller.signal)
  } finally {
    unlisten()
  }
}
