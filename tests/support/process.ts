import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { bundled } from './bundled'

/** What a process has printed, a line at a time, parsed as JSON. */
export interface Worker {
  readonly child: ChildProcess
  /** When it has ended by itself: its lines. Rejects when it failed. */
  readonly done: Promise<ReadonlyArray<unknown>>
}

/** Runs a worker script of `tests/` in a process of its own. */
export const startWorker = (script: string, input: object): Worker => {
  const child = spawn(
    process.execPath,
    ['--enable-source-maps', bundled(`tests/${script}`), JSON.stringify(input)],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  let output = ''
  let errors = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (output += chunk))
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (errors += chunk))
  const done = once(child, 'close').then(([code]): ReadonlyArray<unknown> => {
    if (code !== 0) throw new Error(`${script} ended with ${String(code)}: ${errors}`)
    return output
      .split('\n')
      .filter((line) => line !== '')
      .map((line): unknown => JSON.parse(line))
  })
  return { child, done }
}
