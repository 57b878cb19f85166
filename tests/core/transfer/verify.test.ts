import type { ExportedEvent } from '../../../src/core/ports/transfer'
import { WALK_START, walkOn } from '../../../src/core/transfer/verify'

const event: ExportedEvent = {
  id: '0190a000-0000-7000-8000-000000000001',
  streamId: 'account-A1',
  version: 1,
  position: 5,
  recordedAt: 1_700_000_000_000,
  type: 'MoneyDeposited',
  schemaVersion: 1,
  data: { amount: 100 },
  metadata: {},
  tags: [],
}
const defectsOf = (change: object, before = WALK_START) =>
  walkOn(before, { ...event, ...change }).defects

describe('one event after the one before', () => {
  it('is without a defect where its stream begins, and where it goes on', () => {
    const { after, defects } = walkOn(WALK_START, event)
    expect(defects).toEqual([])
    expect(after).toEqual({ streamId: 'account-A1', version: 1, position: 5 })
    expect(defectsOf({ version: 2, position: 6 }, after)).toEqual([])
    expect(defectsOf({ streamId: 'account-B2', position: 2 }, after)).toEqual([])
  })

  const before = { streamId: 'account-A1', version: 1, position: 5 }
  it.each<[string, object, typeof before, string, string]>([
    ['a stream begins later', { version: 2 }, WALK_START, 'Versions', 'version 1 is missing'],
    ['a version is left out', { version: 3, position: 6 }, before, 'Versions', '2 is missing'],
    ['a position goes back', { version: 2, position: 5 }, before, 'Positions', 'not follow 5'],
    ['a position is 0', { position: 0 }, WALK_START, 'Positions', 'does not follow 0'],
    ['a position is too great', { position: 2 ** 53 }, WALK_START, 'Positions', 'not follow 0'],
    ['its stream is of no form', { streamId: 'account' }, WALK_START, 'Events', 'account'],
    ['its id is no UUID', { id: 'x' }, WALK_START, 'Events', 'not a UUID'],
    ['it has no type', { type: '' }, WALK_START, 'Events', 'no type'],
    ['its schema version is 0', { schemaVersion: 0 }, WALK_START, 'Events', 'is 0'],
    ['its data is no object', { data: 1 }, WALK_START, 'Events', 'must be objects'],
    ['its metadata is no object', { metadata: [] }, WALK_START, 'Events', 'must be objects'],
    ['its tags are none', { tags: [''] }, WALK_START, 'Events', 'tag'],
  ])('has a defect where %s', (_name, change, from, rule, message) => {
    expect(defectsOf(change, from)).toEqual([
      expect.objectContaining({ rule, message: expect.stringContaining(message) }),
    ])
  })
})
