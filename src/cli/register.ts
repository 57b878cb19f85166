import type { Command } from 'commander'
import type { Work } from './runtime'

/** Does the work of a command with the options that all commands share, and tells how it went. */
export type Perform = (command: Command, work: Work) => Promise<void>

/** Adds one command to the program. */
export type Register = (program: Command, perform: Perform) => Command
