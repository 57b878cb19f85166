import type { MemoryTransaction } from 'reprise/memory'
import { jumpingClock, type Proof, seededRandom, simulateStore } from 'reprise/testing'
import { scaled } from '../../support/workers'
import { type PlantedDefect, plantedDefects, soundParts } from './planted-defects'

const SEEDS = 40
/** `REPRISE_HISTORIES=2000` for the full size. */
const HISTORIES = scaled('REPRISE_HISTORIES', 20)

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
    for (let seed = 1; seed <= HISTORIES; seed++) {
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

describe('a clock that jumps', () => {
  const random = () => seededRandom('clock')

  it('jumps forwards and backwards, by no more than was said, and in the same way for the same seed', () => {
    const differences = (rate: number) => {
      const clock = jumpingClock(() => 1_000, random(), { rate, largest: 300 })
      return Array.from({ length: 200 }, () => clock() - 1_000)
    }
    expect(Math.max(...differences(0.1).map(Math.abs))).toBeLessThanOrEqual(300)
    expect(Math.max(...differences(0.1))).toBeGreaterThan(200)
    expect(Math.min(...differences(0.1))).toBeLessThan(-200)
    expect(differences(0.1)).toEqual(differences(0.1))
    expect(new Set(differences(0))).toEqual(new Set([0]))
  })

  const withJumps = (seed: number, plant: PlantedDefect['plant'] = () => ({})) =>
    simulateStore<MemoryTransaction>(
      ({ inline, now }) => {
        const clock = jumpingClock(now, seededRandom(`${seed}/clock`), { rate: 0.01, largest: 500 })
        const sound = soundParts({ inline, now: clock })
        return Promise.resolve({ ...sound, ...plant(sound, seededRandom(`${seed}/defect`)) })
      },
      { seed, operations: 100, clockDifference: Infinity },
    )

  it('costs a sound store no lease, no delivery and no timer that it may not cost', async () => {
    for (let seed = 1; seed <= HISTORIES; seed++) {
      const { violations } = await withJumps(seed)
      expect({ seed, violations }).toEqual({ seed, violations: [] })
    }
  }, 600_000)

  it('lets a store be found out that saves a step whoever owns the partition', async () => {
    const { plant } = plantedDefects.find(({ foundAs }) => foundAs.includes('FencedStepSaved'))!
    const found = new Set<string>()
    for (let seed = 1; seed <= SEEDS && !found.has('FencedStepSaved'); seed++) {
      for (const { promise } of (await withJumps(seed, plant)).violations) found.add(promise)
    }
    expect([...found]).toContain('FencedStepSaved')
  }, 60_000)
})
