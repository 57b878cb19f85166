import { registerRetry, registerSkip } from './commands/retry-and-skip'
import { registerClose } from './commands/close'
import { registerDoctor } from './commands/doctor'
import { registerErase } from './commands/erase'
import { registerExport } from './commands/export'
import { registerForget } from './commands/forget'
import { registerImport } from './commands/import'
import { registerInit } from './commands/init'
import { registerMigrate } from './commands/migrate'
import { registerRemove, registerReset } from './commands/reset-and-remove'
import { registerPause, registerUnpause } from './commands/pausing'
import { registerRebuild } from './commands/rebuild'
import { registerRename, registerRepartition } from './commands/reshaping'
import { registerRollback } from './commands/rollback'
import { registerSeal } from './commands/seal'
import { registerShards } from './commands/shards'
import { registerShow } from './commands/show'
import { registerStreams } from './commands/streams'
import { registerStudio } from './commands/studio'
import { registerSubscriptions } from './commands/subscriptions'
import { registerTags } from './commands/tags'
import { registerTail } from './commands/tail'
import { registerVerify } from './commands/verify'
import type { Register } from './runtime'

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
  registerPause,
  registerUnpause,
  registerReset,
  registerRename,
  registerRepartition,
  registerRemove,
  registerRebuild,
  registerRollback,
  registerTags,
  registerClose,
  registerErase,
  registerForget,
  registerExport,
  registerImport,
  registerVerify,
  registerSeal,
  registerShards,
  registerStudio,
  registerDoctor,
]
