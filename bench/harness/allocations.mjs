// Bytes allocated for a command: by how much the JavaScript heap grows while commands are sent, in a process
// whose new space is so large that nothing is collected meanwhile.
import { PerformanceObserver } from 'node:perf_hooks'
import { setImmediate as nextTurn } from 'node:timers/promises'

/** Flags of the process that counts bytes. It measures no time. */
export const UNCOLLECTED = ['--expose-gc', '--min-semi-space-size=128', '--max-semi-space-size=128']

const SAMPLES = 9

/** Bytes per command, sample by sample: `burst` sends commands and answers how many. */
export const allocated = async (burst) => {
  let collections = 0
  const observer = new PerformanceObserver((list) => (collections += list.getEntries().length))
  observer.observe({ entryTypes: ['gc'] })
  const bytes = []
  for (let sample = 0; sample < SAMPLES; sample++) {
    globalThis.gc()
    await reported()
    collections = 0
    const before = process.memoryUsage().heapUsed
    const sent = await burst()
    const after = process.memoryUsage().heapUsed
    await reported()
    if (sent > 0 && collections === 0) bytes.push((after - before) / sent)
  }
  observer.disconnect()
  return bytes
}

/** Node reports a collection a turn of the event loop later. */
const reported = async () => {
  await nextTurn()
  await nextTurn()
}
