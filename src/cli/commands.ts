import { registerDoctor } from './commands/doctor'
import { registerInit } from './commands/init'
import { registerMigrate } from './commands/migrate'
import { registerRebuild } from './commands/rebuild'
import { registerRemove } from './commands/remove'
import { registerReset } from './commands/reset'
import { registerRetry } from './commands/retry'
import { registerShow } from './commands/show'
import { registerSkip } from './commands/skip'
import { registerStreams } from './commands/streams'
import { registerSubscriptions } from './commands/subscriptions'
import { registerTail } from './commands/tail'
import type { Register } from './register'

/** Every command, in the order of the help. */
export const commands: ReadonlyArray<Register> = [
  registerInit,
  registerMigrate,
  registerStreams,
  registerShow,
  registerTail,
  registerSubscriptions,
  registerRetry,
  registerSkip,
  registerReset,
  registerRemove,
  registerRebuild,
  registerDoctor,
]
