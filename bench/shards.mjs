// node bench/shards.mjs: what an append costs through `sharded`, on 1, 2, 4 and 8 shards in memory, in turns in one process. Nothing
// but the library is in it: what grows with real servers is theirs, and the machine's. Says processor time for an event.
import { randomUUID } from 'node:crypto'
import process from 'node:process'
import { buildReprise } from './harness/install.mjs'
import { median } from './harness/statistics.mjs'

buildReprise()
const { memory, sharded } = await import('../dist/memory.mjs')

const [EVENTS, CALLERS, ROUNDS, WARM] = [3_200, 32, 24, 4]
const event = () => ({
  id: randomUUID(),
  type: 'Deposited',
  schemaVersion: 1,
  data: { amount: 1 },
  metadata: {},
})
const append = async (store, streamId) => {
  const answer = await store.append({
    streamId,
    expectedVersion: 'any',
    commands: [],
    events: [event()],
  })()
  if (answer._tag === 'Left') throw new Error(answer.left.message)
}

const turns = [1, 2, 4, 8].map((shards) => ({
  shards,
  backend: sharded(Array.from({ length: shards }, () => memory())),
  costs: [],
}))
for (let round = 0; round < ROUNDS; round++) {
  for (const { backend, costs } of round % 2 === 0 ? turns : turns.toReversed()) {
    const before = process.cpuUsage()
    for (let first = 0; first < EVENTS; first += CALLERS) {
      const streams = Array.from({ length: CALLERS }, (_, n) => `account-${(first + n) % 256}`)
      await Promise.all(streams.map((id) => append(backend.store, id)))
    }
    const { user, system } = process.cpuUsage(before)
    if (round >= WARM) costs.push((user + system) / EVENTS)
  }
}
for (const { shards, costs } of turns) {
  console.log(
    `${shards} shards: ${median(costs).toFixed(1)} us an event (least ${Math.min(...costs).toFixed(1)}), ` +
      `${(median(costs) / median(turns[0].costs)).toFixed(2)} of one`,
  )
}
