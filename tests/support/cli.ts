import { openEmbedded } from '../../src/adapters/postgres/connection/open-embedded'
import { openServer } from '../../src/adapters/postgres/connection/open-server'
import { connectWith } from '../../src/cli/connect'
import { run } from '../../src/cli/program'
import type { Runtime } from '../../src/cli/runtime'
import * as studio from '../../src/studio/studio'

/** What a command said, and how it ended. */
export interface Said {
  readonly exitCode: number
  readonly out: string
  readonly error: string
}

/** Connects to real databases. */
export const connect = connectWith({
  server: async () => ({ openServer }),
  embedded: async () => ({ openEmbedded }),
})

interface Outside extends Partial<Omit<Runtime, 'output'>> {
  readonly columns?: number
  readonly colour?: boolean
  /** Told what was written so far, whenever there is more. */
  readonly onOutput?: (out: string) => void
}

/** Runs the command line in this process. The outside is a real database, and an output that is kept. */
export const cli = async (args: ReadonlyArray<string>, outside: Outside = {}): Promise<Said> => {
  const { columns, colour = false, onOutput, ...rest } = outside
  let out = ''
  let error = ''
  const exitCode = await run(args, {
    environment: {},
    folder: process.cwd(),
    connect,
    importModule: async (path) => {
      throw new Error(`no module ${path} was foreseen`)
    },
    loadStudio: async () => studio,
    onInterrupt: () => () => undefined,
    now: () => Date.now(),
    userName: () => 'ada',
    ...rest,
    output: {
      write: async (text) => {
        out += text
        onOutput?.(out)
      },
      writeError: async (text) => {
        error += text
      },
      columns,
      errorColumns: columns,
      colour,
    },
  })
  return { exitCode, out, error }
}
