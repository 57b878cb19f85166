import { readdirSync, readFileSync } from 'node:fs'

// What servers take of the processor: unlike rates it says the same on a busy machine as on a quiet one, about.

/** Ticks of the kernel's clock in a second, as /proc/<pid>/stat has them. */
const TICKS = 100

/** The fields of /proc/<pid>/stat behind the name, which may have spaces: the parent is the second one. */
const fieldsOf = (pid: number): ReadonlyArray<string> => {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
  } catch {
    return [] // it has ended
  }
}

/** What one process has taken so far, in nanoseconds: the scheduler counts these, and not ticks. */
const runTimeOf = (pid: number): number => {
  try {
    return Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0])
  } catch {
    return 0
  }
}

/** What a PostgreSQL server has taken of the processor so far with all its processes, in milliseconds. */
export const serverTime = (postmaster: number): number => {
  // of children that have ended: utime, stime
  const ended = fieldsOf(postmaster)
    .slice(13, 15)
    .reduce((sum, field) => sum + Number(field), 0)
  let running = runTimeOf(postmaster)
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name) || Number(fieldsOf(Number(name))[1]) !== postmaster) continue
    running += runTimeOf(Number(name))
  }
  return (ended / TICKS) * 1_000 + running / 1e6
}

/** What this process has taken so far, in milliseconds. */
export const ownTime = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}
