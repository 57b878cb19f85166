import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { memory } from 'reprise/memory'
import {
  checkHistory,
  historyFile,
  historyLine,
  historyRecorder,
  recordedParts,
  seededRandom,
} from 'reprise/testing'
import { tick } from '../../support/ticks'
import { right } from '../../support/right'
import { scaled } from '../../support/workers'

/** `REPRISE_HISTORY=1000000` for the full size. */
const OPERATIONS = scaled('REPRISE_HISTORY', 40_000)

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Writes the history of so many operations. Answers how many there are. */
const record = async (path: string, operations: number): Promise<number> => {
  const file = openSync(path, 'w')
  let waiting = ''
  let calls = 0
  const recorder = historyRecorder({
    write: (entry) => {
      if ('asked' in entry) calls += 1
      waiting += historyLine(entry)
      if (waiting.length > 1 << 16) {
        writeSync(file, waiting)
        waiting = ''
      }
    },
  })
  const { store, subscriptions } = recordedParts(recorder, 'one', memory())
  const random = seededRandom(1)
  await right(subscriptions!.register({ name: 'all', partitions: 1, position: 0 }))
  const { leases } = await right(subscriptions!.claim('all', 'one', 1_000_000_000))
  let after = 0
  while (calls < operations) {
    const streamId = `long-${random.below(operations / 20)}`
    const { version } = await right(
      store.load({ streamId, after: 0, limit: 1, commandId: `${calls}` }),
    )
    const commands = [{ commandId: `${calls}`, skip: 0, eventCount: 1 }]
    await right(store.append({ streamId, expectedVersion: version, events: [tick(1)], commands }))
    if (calls % 20 > 1) continue
    const page = await right(store.readAll({ after, limit: 100 }))
    const step = { lease: leases[0]!, after }
    const committed = subscriptions!.commit(step, (transaction) => async () => {
      for (const event of page.events) recorder.handled(transaction, event)
      return { _tag: 'Right', right: { position: page.upTo } }
    })
    await right(committed)
    after = page.upTo
  }
  writeSync(file, waiting)
  closeSync(file)
  return calls
}

/** What this process has used of processors, in milliseconds: others on the machine do not count. */
const worked = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}

/** How long judging takes on a processor of its own, in milliseconds, and how many megabytes at most. */
const judge = (path: string): { readonly time: number; readonly megabytes: number } => {
  const { read } = historyFile(path)
  collect()
  const before = process.memoryUsage().heapUsed
  let highest = 0
  let entries = 0
  let sampling = 0
  const begun = worked()
  const violations = checkHistory({
    read: function* (skip) {
      for (const entry of read(skip)) {
        if (++entries % 100_000 === 0) {
          const sampled = worked()
          collect()
          highest = Math.max(highest, process.memoryUsage().heapUsed - before)
          sampling += worked() - sampled
        }
        yield entry
      }
    },
  })
  expect(violations).toEqual([])
  return { time: worked() - begun - sampling, megabytes: highest / 1_048_576 }
}

describe('checkHistory', () => {
  it('judges a long history in a time in proportion to it, and in flat memory', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'reprise-history-'))
    const path = join(folder, 'history.jsonl')
    try {
      const operations = await record(path, OPERATIONS)
      const { time, megabytes } = judge(path)
      process.stdout.write(
        `${operations} operations judged in ${time} ms, in ${Math.round(megabytes)} MB\n`,
      )
      // Of the full size only, where nothing else runs: a busy machine says nothing of the time.
      if (operations >= 1_000_000) expect(time / operations).toBeLessThan(0.06)
      expect(megabytes).toBeLessThan(400)
    } finally {
      rmSync(folder, { recursive: true })
    }
  }, 900_000)
})
