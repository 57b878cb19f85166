import assert from 'node:assert/strict'
import type { AppendRequest } from '../../core/append'
import type { BoundaryStores, BoundarySuite } from './boundary-suite'
import { countTo, failsWith, handledBy, isMissing } from './checks'
import { aMark, anEvent, appendTo, freshCommandId, freshStream, numbered } from './fixtures'

interface Case {
  readonly name: string
  readonly error: object
  /** The streams, from a valid append to one of them. */
  readonly streams: (valid: AppendRequest) => ReadonlyArray<AppendRequest>
}

const large = (length: number) => [anEvent({ text: 'x'.repeat(length) })]

const bad: ReadonlyArray<Case> = [
  { name: 'no stream', error: { _tag: 'InvalidAppend' }, streams: () => [] },
  {
    name: 'the same stream twice',
    error: { _tag: 'InvalidAppend' },
    streams: (valid) => [valid, { ...valid, events: numbered(1), commands: [] }],
  },
  {
    name: 'the same stream twice, once without events',
    error: { _tag: 'InvalidAppend' },
    streams: (valid) => [valid, { ...valid, events: [], commands: [] }],
  },
  {
    name: '1,001 streams',
    error: { _tag: 'InvalidAppend' },
    streams: (valid) => [
      valid,
      ...countTo(1000).map(() => appendTo(freshStream(), 0, numbered(1))),
    ],
  },
  {
    name: 'a stream id with a NUL',
    error: { _tag: 'InvalidStreamId', streamId: 'a-\u0000' },
    streams: (valid) => [valid, appendTo('a-\u0000', 0, numbered(1))],
  },
  {
    name: 'an expected version of -1',
    error: { _tag: 'InvalidAppend' },
    streams: (valid) => [valid, appendTo(freshStream(), -1, numbered(1))],
  },
  {
    name: 'a command id with a NUL',
    error: { _tag: 'InvalidAppend' },
    streams: (valid) => [valid, appendTo(freshStream(), 0, numbered(1), [aMark('a\u0000', 1)])],
  },
  {
    name: 'an event with NaN',
    error: { _tag: 'UnencodableEvent', index: 1 },
    streams: (valid) => [
      valid,
      appendTo(freshStream(), 0, [...numbered(1), anEvent({ number: Number.NaN })]),
    ],
  },
  {
    name: 'an event that is too large',
    error: { _tag: 'LimitExceeded', limit: 'eventSize' },
    streams: (valid) => [valid, appendTo(freshStream(), 0, large(1_100_000))],
  },
  {
    name: 'more events in all than one append may have',
    error: { _tag: 'LimitExceeded', limit: 'eventsPerAppend', maximum: 10_000, actual: 10_001 },
    streams: (valid) => [valid, appendTo(freshStream(), 0, numbered(9_999))],
  },
  {
    name: 'more data in all than one append may have',
    error: { _tag: 'LimitExceeded', limit: 'appendSize' },
    streams: (valid) => [
      valid,
      ...countTo(34).map(() => appendTo(freshStream(), 0, large(1_000_000))),
    ],
  },
]

/** Appends to several streams that are invalid as a whole. */
export const togetherBadInput: BoundarySuite = {
  name: 'invalid appends to several streams',
  tests: Object.fromEntries(
    bad.map(({ name, error, streams }) => [
      `rejects ${name}, and stores nothing`,
      async ({ store, second }: BoundaryStores) => {
        const commandId = freshCommandId()
        const valid = appendTo(freshStream(), 0, numbered(2), [aMark(commandId, 2)])
        await failsWith(store.appendTogether({ streams: streams(valid) }), error)
        await isMissing(second, valid.streamId)
        assert.equal(await handledBy(second, valid.streamId, commandId), undefined)
      },
    ]),
  ),
}
