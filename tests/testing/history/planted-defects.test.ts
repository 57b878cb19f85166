import type { MemoryTransaction } from 'reprise/memory'
import { type Proof, seededRandom, simulateStore } from 'reprise/testing'
import { type PlantedDefect, plantedDefects, soundParts } from './planted-defects'

const SEEDS = 40

const simulated = (seed: number, plant: PlantedDefect['plant'] = () => ({})): Promise<Proof> =>
  simulateStore<MemoryTransaction>(
    async ({ inline, now }) => {
      const sound = soundParts({ inline, now })
      return { ...sound, ...plant(sound, seededRandom(`${seed}/defect`)) }
    },
    { seed, operations: 100 },
  )

describe.each(plantedDefects)('a store that $defect', ({ plant, foundAs }) => {
  it('is found out', async () => {
    const found = new Set<string>()
    for (let seed = 1; seed <= SEEDS; seed++) {
      const { violations } = await simulated(seed, plant)
      for (const { promise } of violations) found.add(promise)
      if (foundAs.some((promise) => found.has(promise))) return
    }
    expect([...found]).toEqual(foundAs)
  }, 120_000)
})

describe('a sound store', () => {
  it('is never accused, whatever goes wrong on the way to it', async () => {
    for (let seed = 1; seed <= SEEDS / 2; seed++) {
      const { violations } = await simulated(seed)
      expect({ seed, violations }).toEqual({ seed, violations: [] })
    }
  }, 120_000)

  it('has the same history again, byte for byte, for the same seed, and another one for another', async () => {
    const [one, again, other] = [await simulated(1), await simulated(1), await simulated(2)]
    expect(JSON.stringify(again.history)).toBe(JSON.stringify(one.history))
    expect(JSON.stringify(other.history)).not.toBe(JSON.stringify(one.history))
  })
})
