import * as E from 'fp-ts/Either'
import type { Metadata } from '../../src/core/metadata'
import { decodeRecorded } from '../../src/shell/state/replay'
import { counter } from '../support/tally'

const withMetadata = (metadata: unknown) =>
  decodeRecorded(counter, {
    id: '01900000-0000-7000-8000-000000000000',
    streamId: 'counter-1',
    version: 1,
    position: 1,
    recordedAt: 0,
    type: 'Added',
    schemaVersion: 1,
    data: { by: 1 },
    metadata: metadata as Metadata,
  })

it.each([[null], [[]], [7], ['']])(
  'stored metadata that is no object is undecodable: %j',
  (odd) => {
    expect(withMetadata(odd)).toMatchObject({ left: { _tag: 'UndecodableEvent' } })
  },
)

it('metadata without a key is read as it is', () => {
  expect(withMetadata({})).toMatchObject(E.right({ metadata: {} }))
})
