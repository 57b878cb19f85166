// Starts the processes of a measurement, and sees to it that every one of them ends.
import { fork } from 'node:child_process'
import { clearTimeout, setTimeout } from 'node:timers'
import { fileURLToPath } from 'node:url'
import { UNCOLLECTED } from './allocations.mjs'

const WORKER = fileURLToPath(new URL('./worker.mjs', import.meta.url))
const BENCH = fileURLToPath(new URL('..', import.meta.url))
const LIMIT_MS = 900_000
const PATIENCE_MS = 10_000

const profiling = (task) =>
  task.profile !== undefined && ['work', 'turns'].includes(task.role)
    ? ['--cpu-prof', `--cpu-prof-dir=${task.profile}`]
    : []

const flagsOf = (task) => (task.role === 'sample' ? UNCOLLECTED : profiling(task))

const start = (task) => {
  const child = fork(WORKER, [JSON.stringify(task)], {
    cwd: BENCH,
    execArgv: flagsOf(task),
    env: { ...process.env, NODE_ENV: 'production', LOG_LEVEL: 'fatal', SLEEP_MS: '0' },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  let complaint = ''
  child.stderr.on('data', (text) => (complaint = `${complaint}${text}`.slice(-2000)))
  const ready = deferred()
  let answer = deferred()
  child.on('message', ({ type, value }) =>
    type === 'ready' ? ready.resolve() : answer.resolve(value),
  )
  const ended = deferred()
  child.on('exit', (code, signal) => {
    const error = new Error(
      `${task.contestant.id} ended with ${code ?? signal} in ${task.cell.name}: ${complaint}`,
    )
    ready.reject(error)
    answer.reject(error)
    ended.resolve()
  })
  const ask = (question) => {
    if (!child.connected) {
      return Promise.reject(new Error(`${task.contestant.id} has ended: ${complaint}`))
    }
    answer = deferred()
    child.send(question)
    return answer.promise
  }
  return { child, ready: ready.promise, ask, ended: ended.promise }
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

/** The answer of `work`, or an error when it takes too long. */
const inTime = async (work) => {
  const limit = timeLimit(LIMIT_MS)
  try {
    return await Promise.race([work(), limit.reached])
  } finally {
    limit.cancel()
  }
}

/** Starts the tasks; they are ready. `ask` asks all of them at the same time, `end` ends them. */
export const team = async (tasks) => {
  const workers = tasks.map(start)
  const end = () => Promise.all(workers.map(endOf))
  try {
    await inTime(() => Promise.all(workers.map(({ ready }) => ready)))
  } catch (error) {
    await end()
    throw error
  }
  return {
    ask: (question) => inTime(() => Promise.all(workers.map((worker) => worker.ask(question)))),
    end,
  }
}

/** Runs the tasks at the same time, all released at once, and gives their results. */
export const runTogether = async (tasks) => {
  const { ask, end } = await team(tasks)
  try {
    return await ask({})
  } finally {
    await end()
  }
}

/** Lets a worker that has been asked to end finish writing (a profile, say), and ends it if it does not. */
const endOf = async ({ child, ended }) => {
  const patience = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS)
  await ended
  clearTimeout(patience)
}
