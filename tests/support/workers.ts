import { type ChildProcess, spawn } from 'node:child_process'
import { bundled } from './bundled'

/** Another process, which runs a `.worker.ts` file. */
export interface WorkerProcess {
  readonly pid: number
  /** Sends a signal to this one process. */
  readonly signal: (name: NodeJS.Signals) => void
  /** Ends it at once, and waits until it is gone. */
  readonly kill: () => Promise<void>
  /** Called with whatever it hands to `process.send`. */
  readonly hear: (listener: (message: unknown) => void) => void
  /** Its exit code, once it is gone. `null`: a signal has ended it. */
  readonly ended: Promise<number | null>
}

export const startWorker = (file: string, ...args: ReadonlyArray<string>): WorkerProcess => {
  const child: ChildProcess = spawn(
    process.execPath,
    ['--enable-source-maps', bundled(`tests/${file}`), ...args],
    { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] },
  )
  const ended = new Promise<number | null>((resolve) => {
    child.once('exit', resolve)
  })
  return {
    pid: child.pid ?? 0,
    signal: (name) => void child.kill(name),
    kill: async () => {
      child.kill('SIGKILL')
      await ended
    },
    hear: (listener) => void child.on('message', listener),
    ended,
  }
}

/** A number from the environment: how big a run is. */
export const scaled = (variable: string, usual: number): number =>
  Number(process.env[variable] ?? usual)
