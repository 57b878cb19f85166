import type { TaskEither } from 'fp-ts/TaskEither'
import type { OpenedDatabase, OpenSettings } from '../adapters/postgres/connection/opened-database'
import type { CliFailure, ExitCode } from './failure'
import type { Target } from './target'

/** Where the words of a command go. */
export interface Output {
  /** Resolves when more can be written: a slow reader slows the command, and fills no memory. */
  readonly write: (text: string) => Promise<void>
  readonly writeError: (text: string) => Promise<void>
  /** Of the terminal. `undefined`: this is not one. */
  readonly columns: number | undefined
  readonly colour: boolean
}

/** Whether a place that does not exist yet may be made. */
export type Opening = 'existing' | 'existing or new'

/** Everything outside that a command may touch. */
export interface Runtime {
  readonly output: Output
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Relative paths start here. */
  readonly folder: string
  readonly connect: (
    target: Target,
    opening: Opening,
    settings: OpenSettings,
  ) => TaskEither<CliFailure, OpenedDatabase>
  /** Loads a module of the user's, by its whole path. */
  readonly importModule: (path: string) => Promise<unknown>
  /** Calls `stop` when the program is asked to end, until the answered function is called. */
  readonly onInterrupt: (stop: () => void) => () => void
  /** Milliseconds since 1970-01-01 UTC. */
  readonly now: () => number
}

/** What every command knows: the outside, and the options that all commands share. */
export interface Context extends Runtime {
  readonly url: string | undefined
  readonly schema: string
  readonly json: boolean
}

/** What a command is, once its own options are known. */
export type Work = (context: Context) => TaskEither<CliFailure, ExitCode>
