import { firstSlotMap, type SlotMap, slotMapProblem, slotOf, SLOTS } from '../../src/core/slots'

const map = firstSlotMap('3f2c9a52-0c5b-4a8e-9a6c-6a2f0d1c7b11', 3)

describe('the first map of some shards', () => {
  it('is valid, and gives each shard about as many slots as another', () => {
    expect(slotMapProblem(map)).toBeUndefined()
    const counts = [0, 1, 2].map((shard) => map.slots.filter((slot) => slot === shard).length)
    expect(counts).toEqual([342, 341, 341])
  })
})

describe('the slot of a key', () => {
  it('is always the same, and one of those that there are', () => {
    const slots = Array.from({ length: 5_000 }, (_, n) => slotOf(`account-${n}`))
    expect(slots).toEqual(Array.from({ length: 5_000 }, (_, n) => slotOf(`account-${n}`)))
    expect(slots.every((slot) => Number.isInteger(slot) && slot >= 0 && slot < SLOTS)).toBe(true)
    expect(new Set(slots).size).toBeGreaterThan(1_000)
  })
})

describe('a map that no shard may keep', () => {
  it.each<[string, Partial<SlotMap>, string]>([
    ['an epoch of 0', { epoch: 0 }, 'its epoch is 0'],
    ['half an epoch', { epoch: 1.5 }, 'its epoch is 1.5'],
    ['no shards', { shards: 0 }, 'it names 0 shards'],
    ['half a shard', { shards: 1.5 }, 'it names 1.5 shards'],
    ['more shards than slots', { shards: 1_025 }, 'it names 1025 shards'],
    ['too few slots', { slots: [0] }, 'it places 1 slots, and not 1024'],
    [
      'a slot on a shard that there is none of',
      { slots: map.slots.with(7, 3) },
      'it places a slot on shard 3 of 3',
    ],
    [
      'a slot on a shard below 0',
      { slots: map.slots.with(7, -1) },
      'it places a slot on shard -1 of 3',
    ],
    [
      'a slot on half a shard',
      { slots: map.slots.with(7, 0.5) },
      'it places a slot on shard 0.5 of 3',
    ],
    ['a slot on the move beyond the last', { moving: [1_024] }, 'it moves slots'],
    ['a slot on the move below 0', { moving: [-1] }, 'it moves slots'],
    ['half a slot on the move', { moving: [0.5] }, 'it moves slots'],
  ])('has %s, and it is said which', (_name, change, problem) => {
    expect(slotMapProblem({ ...map, ...change })).toContain(problem)
  })
})
