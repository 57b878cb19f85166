import { registerDoctor } from './commands/doctor'
import { registerInit } from './commands/init'
import { registerMigrate } from './commands/migrate'
import { registerShow } from './commands/show'
import { registerStreams } from './commands/streams'
import type { Register } from './register'

/** Every command, in the order of the help. */
export const commands: ReadonlyArray<Register> = [
  registerInit,
  registerMigrate,
  registerStreams,
  registerShow,
  registerDoctor,
]
