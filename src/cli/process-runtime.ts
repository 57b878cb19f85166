import { userInfo } from 'node:os'
import { createInterface } from 'node:readline/promises'
import { pathToFileURL } from 'node:url'
import * as E from 'fp-ts/Either'
import { connectWith } from './connect'
import type { Output, Runtime } from './runtime'

const writeTo =
  (stream: NodeJS.WriteStream) =>
  (text: string): Promise<void> =>
    new Promise((resolve) => {
      // A reader that closes the pipe early (`head`, say) is not a failure.
      stream.write(text, () => resolve())
    })

const wantsColour = (environment: Runtime['environment']): boolean =>
  process.stdout.isTTY && (environment['NO_COLOR'] ?? '') === '' && environment['TERM'] !== 'dumb'

const processOutput = (): Output => {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', () => process.exit(0))
  }
  return {
    write: writeTo(process.stdout),
    writeError: writeTo(process.stderr),
    columns: process.stdout.isTTY ? process.stdout.columns : undefined,
    errorColumns: process.stderr.isTTY ? process.stderr.columns : undefined,
    colour: wantsColour(process.env),
  }
}

const INTERRUPTS = ['SIGINT', 'SIGTERM'] as const

/** The first signal stops the command gracefully; the second one ends the process as usual. */
const onInterrupt: Runtime['onInterrupt'] = (stop) => {
  const forget = (): void => {
    for (const name of INTERRUPTS) process.removeListener(name, received)
  }
  const received = (): void => {
    forget()
    stop()
  }
  for (const name of INTERRUPTS) process.on(name, received)
  return forget
}

const ask = async (question: string): Promise<string> => {
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return await lines.question(question)
  } finally {
    lines.close()
  }
}

/** A user may have no name: in a container, say. */
const userName = (): string => {
  const found = E.tryCatch(
    () => userInfo().username,
    () => 'unknown',
  )
  return E.isRight(found) ? found.right : found.left
}

/** The runtime of this process. */
export const processRuntime = (): Runtime => ({
  output: processOutput(),
  environment: process.env,
  folder: process.cwd(),
  connect: connectWith({
    server: () => import('../adapters/postgres/connection/open-server.js'),
    embedded: () => import('../adapters/postgres/connection/open-embedded.js'),
  }),
  loadStudio: () => import('../studio/studio.js'),
  importModule: (path) => import(pathToFileURL(path).href),
  onInterrupt,
  ...(process.stdin.isTTY ? { ask } : {}),
  now: () => Date.now(),
  userName,
})
