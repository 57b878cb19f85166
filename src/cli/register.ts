import type { Command } from 'commander'
import type { Work } from './runtime'

/** Runs a command with the options that all commands share, and reports its result. */
export type Perform = (command: Command, work: Work) => Promise<void>

/** Adds one command to the program. */
export type Register = (program: Command, perform: Perform) => Command
