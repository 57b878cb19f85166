// Starts the processes of a measurement, and sees to it that every one of them ends.
import { fork } from 'node:child_process'
import { clearTimeout, setTimeout } from 'node:timers'
import { fileURLToPath } from 'node:url'

const WORKER = fileURLToPath(new URL('./worker.mjs', import.meta.url))
const BENCH = fileURLToPath(new URL('..', import.meta.url))
const LIMIT_MS = 900_000
const PATIENCE_MS = 10_000

const profiling = (task) =>
  task.profile !== undefined && task.role === 'work'
    ? ['--cpu-prof', `--cpu-prof-dir=${task.profile}`]
    : []

const start = (task) => {
  const child = fork(WORKER, [JSON.stringify(task)], {
    cwd: BENCH,
    execArgv: profiling(task),
    env: { ...process.env, NODE_ENV: 'production', LOG_LEVEL: 'fatal', SLEEP_MS: '0' },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  let complaint = ''
  child.stderr.on('data', (text) => (complaint = `${complaint}${text}`.slice(-2000)))
  const ready = deferred()
  const result = deferred()
  child.on('message', (message) =>
    message.type === 'ready' ? ready.resolve() : result.resolve(message.result),
  )
  const ended = deferred()
  child.on('exit', (code, signal) => {
    const error = new Error(
      `${task.contestant} ended with ${code ?? signal} in ${task.cell.name}: ${complaint}`,
    )
    ready.reject(error)
    result.reject(error)
    ended.resolve()
  })
  return { child, ready: ready.promise, result: result.promise, ended: ended.promise }
}

const deferred = () => {
  const handles = {}
  handles.promise = new Promise((resolve, reject) => Object.assign(handles, { resolve, reject }))
  handles.promise.catch(() => undefined)
  return handles
}

/** A promise that rejects after `milliseconds`, and what takes it back. */
const timeLimit = (milliseconds) => {
  const limit = deferred()
  const timer = setTimeout(
    () => limit.reject(new Error(`not finished after ${milliseconds / 1000} s`)),
    milliseconds,
  )
  return { reached: limit.promise, cancel: () => clearTimeout(timer) }
}

/** Runs the tasks at the same time, all released by one `go`, and gives their results. */
export const runTogether = async (tasks) => {
  const workers = tasks.map(start)
  const limit = timeLimit(LIMIT_MS)
  try {
    const work = async () => {
      await Promise.all(workers.map(({ ready }) => ready))
      for (const { child } of workers) child.send({ type: 'go' })
      return Promise.all(workers.map(({ result }) => result))
    }
    return await Promise.race([work(), limit.reached])
  } finally {
    limit.cancel()
    await Promise.all(workers.map(end))
  }
}

/** Lets a worker finish writing (a profile, say), and ends it if it does not. */
const end = async ({ child, ended }) => {
  const patience = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS)
  await ended
  clearTimeout(patience)
}
