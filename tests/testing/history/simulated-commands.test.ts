import { memory, type MemoryTransaction } from 'reprise/memory'
import { type Client, type Proof, simulateStore } from 'reprise/testing'
import { witnessStates } from '../../support/witness'
import { witnessClient, twinClient } from '../../support/witness-client'
import { scaled } from '../../support/workers'

/** `REPRISE_HISTORIES=2000` for the full size. */
const HISTORIES = scaled('REPRISE_HISTORIES', 30)

const simulated = (seed: number, client: Client<MemoryTransaction>): Promise<Proof> =>
  simulateStore<MemoryTransaction>(
    async ({ inline, now }) => ({
      ...memory({ inline, now, lineage: 'simulated' }),
      close: () => Promise.resolve(),
    }),
    {
      seed,
      operations: 120,
      writers: 1,
      clients: [client, client, client],
      states: witnessStates,
    },
  )

describe('commands in simulated time', () => {
  it(`are never answered wrongly, in ${HISTORIES} histories with faults`, async () => {
    const begun = Date.now()
    let entries = 0
    for (let seed = 1; seed <= HISTORIES; seed++) {
      const client = seed % 3 === 0 ? twinClient : witnessClient
      const { violations, history } = await simulated(seed, client)
      expect({ seed, violations }).toEqual({ seed, violations: [] })
      entries += history.length
    }
    const seconds = (Date.now() - begun) / 1_000
    process.stdout.write(`${HISTORIES} histories, ${entries} entries, ${seconds} s\n`)
  }, 1_000_000)

  it('have the same history again, byte for byte, for the same seed', async () => {
    const [one, again] = [await simulated(7, witnessClient), await simulated(7, witnessClient)]
    expect(JSON.stringify(again.history)).toBe(JSON.stringify(one.history))
    expect(one.history.some((entry) => 'asked' in entry && entry.asked._tag === 'Command')).toBe(
      true,
    )
  })

  it('are found out when a state that is said to be fresh comes from memory', async () => {
    const careless: Client<MemoryTransaction> = (world) => {
      const { recorder } = world
      const calling: typeof recorder.calling = (client, asked, call, told) =>
        recorder.calling(
          client,
          asked._tag === 'State' ? { ...asked, cached: false } : asked,
          call,
          told,
        )
      return witnessClient({ ...world, recorder: { ...recorder, calling } })
    }
    const found = new Set<string>()
    for (let seed = 1; seed <= 100 && !found.has('StaleAnswer'); seed++) {
      for (const { promise } of (await simulated(seed, careless)).violations) found.add(promise)
    }
    expect([...found]).toContain('StaleAnswer')
  }, 60_000)
})
