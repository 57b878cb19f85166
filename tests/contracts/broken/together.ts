import * as E from 'fp-ts/Either'
import { memory } from '../../../src/adapters/memory/backend'
import type { AppendRequest } from '../../../src/core/append'
import { invalidAppend } from '../../../src/core/errors/invalid'
import { versionConflicts } from '../../../src/core/errors/conflict'
import type { AppendTogetherError } from '../../../src/core/errors/unions'
import { versionFits } from '../../../src/core/expected-version'
import type { BoundaryStore } from '../../../src/core/ports/boundary-store'
import type { EventStore } from '../../../src/core/ports/event-store'
import { tick } from './broken-store'

type Store = EventStore & BoundaryStore
type AppendTogether = BoundaryStore['appendTogether']

/** A store with one defect, and the contract tests that must notice it. */
export interface BrokenBoundaryStore {
  readonly defect: string
  readonly store: () => Store
  readonly noticedBy: ReadonlyArray<string>
}

const appending = (change: (store: Store) => AppendTogether): Store => {
  const { store } = memory()
  return { ...store, appendTogether: change(store) }
}

/** Changes every stream's part of the request. */
const sending = (change: (part: AppendRequest, index: number) => AppendRequest): Store =>
  appending((store) => (request) => store.appendTogether({ streams: request.streams.map(change) }))

/** Changes a failure. */
const failing = (change: (error: AppendTogetherError) => AppendTogetherError): Store =>
  appending((store) => (request) => async () => {
    const answer = await store.appendTogether(request)()
    return E.isLeft(answer) ? E.left(change(answer.left)) : answer
  })

const versionOf = async (store: EventStore, streamId: string): Promise<number> => {
  const loaded = await store.load({ streamId, after: 0, limit: 1 })()
  return E.isRight(loaded) ? loaded.right.version : 0
}

/** To a store that is never read. */
const elsewhere: AppendTogether = (request) => memory().store.appendTogether(request)

const isOnlySeen = ({ events }: AppendRequest): boolean => events.length === 0

export const brokenTogether: ReadonlyArray<BrokenBoundaryStore> = [
  {
    defect: 'appends to one stream after another',
    store: () =>
      appending((store) => (request) => async () => {
        const streams = []
        for (const part of request.streams) {
          const answer = await store.appendTogether({ streams: [part] })()
          if (E.isLeft(answer)) return answer
          streams.push(...answer.right.streams)
          await tick()
        }
        return E.right({ streams })
      }),
    noticedBy: [
      'appends to several streams: names every stream that does not fit, and stores nothing to any',
      'commands of several streams: are not remembered where nothing was stored',
      'races for several streams: are seen in all of the streams at once, or in none',
      'races for several streams: are won by one of those that share a single stream',
      'invalid appends to several streams: rejects an event with NaN, and stores nothing',
      'invalid appends to several streams: rejects the same stream twice, and stores nothing',
    ],
  },
  {
    defect: 'calls no hook after an append to several streams',
    store: () => {
      const [{ store }, { store: hooks }] = [memory(), memory()]
      return { ...store, afterAppend: hooks.afterAppend }
    },
    noticedBy: [
      'appends to several streams: call the hooks of the store once, with the events of all streams',
    ],
  },
  {
    defect: 'stores nothing at all',
    store: () => appending(() => elsewhere),
    noticedBy: [
      'appends to several streams: stores the events of every stream, each after those that are there',
      'commands of several streams: have their effect once also when they do nothing',
    ],
  },
  {
    defect: 'names only the first stream that does not fit',
    store: () =>
      failing((error) =>
        error._tag === 'VersionConflicts' ? versionConflicts(error.streams.slice(0, 1)) : error,
      ),
    noticedBy: [
      'appends to several streams: names every stream that does not fit, and stores nothing to any',
    ],
  },
  {
    defect: 'answers in the order of the stream ids',
    store: () =>
      appending(
        (store) => (request) =>
          store.appendTogether({
            streams: [...request.streams].sort((left, right) =>
              left.streamId < right.streamId ? -1 : 1,
            ),
          }),
      ),
    noticedBy: ['appends to several streams: answers in the order in which the streams are named'],
  },
  {
    defect: 'ignores the expected versions of all streams but the first',
    store: () =>
      sending((part, index) => (index === 0 ? part : { ...part, expectedVersion: 'any' })),
    noticedBy: [
      'appends to several streams: names every stream that does not fit, and stores nothing to any',
      'races for several streams: conserve a sum that eight writers move between five streams',
      'races for several streams: are won by one of those that share a single stream',
    ],
  },
  {
    defect: 'looks at the versions, and appends a moment later',
    store: () =>
      appending((store) => (request) => async () => {
        const conflicts = []
        for (const { streamId, expectedVersion: expected } of request.streams) {
          const actual = await versionOf(store, streamId)
          if (!versionFits(expected, actual)) conflicts.push({ streamId, expected, actual })
        }
        if (conflicts.length > 0) return E.left(versionConflicts(conflicts))
        await tick()
        const streams = request.streams.map((part) => ({
          ...part,
          expectedVersion: 'any' as const,
        }))
        return store.appendTogether({ streams })()
      }),
    noticedBy: [
      'races for several streams: are won by exactly one of ten, whatever the order in which they name the streams',
      'races for several streams: conserve a sum that eight writers move between five streams',
      'streams to which nothing is added: let only one win of two that each look at what the other one writes',
    ],
  },
  {
    defect: 'does not look at streams to which nothing is added',
    store: () =>
      sending((part) =>
        part.events.length > 0 ? part : { ...part, expectedVersion: 'any' as const },
      ),
    noticedBy: [
      'streams to which nothing is added: must be where they are expected',
      'streams to which nothing is added: may be all that there is: they are all where they are expected at one moment',
      'streams to which nothing is added: let only one win of two that each look at what the other one writes',
    ],
  },
  {
    // As a transaction does that looks with SELECT, and inserts: the two do not meet at any row.
    defect: 'looks at streams to which nothing is added without a lock',
    store: () =>
      appending((store) => (request) => async () => {
        const seen = request.streams.filter(isOnlySeen)
        if (seen.length === 0 || seen.length === request.streams.length) {
          return store.appendTogether(request)()
        }
        const looked = await store.appendTogether({ streams: seen })()
        if (E.isLeft(looked)) return looked
        await tick()
        const blind = request.streams.map((part) =>
          isOnlySeen(part) ? { ...part, expectedVersion: 'any' as const } : part,
        )
        return store.appendTogether({ streams: blind })()
      }),
    noticedBy: [
      'streams to which nothing is added: let only one win of two that each look at what the other one writes',
    ],
  },
  {
    defect: 'begins a stream that it only looks at',
    store: () =>
      sending((part) =>
        part.events.length > 0 || part.commands.length > 0
          ? part
          : {
              ...part,
              events: [
                { id: crypto.randomUUID(), type: 'Seen', schemaVersion: 1, data: {}, metadata: {} },
              ],
            },
      ),
    noticedBy: ['streams to which nothing is added: must be where they are expected'],
  },
  {
    defect: 'remembers the commands of the first stream only',
    store: () => sending((part, index) => (index === 0 ? part : { ...part, commands: [] })),
    noticedBy: [
      'commands of several streams: are remembered on every stream, with their events',
      'commands of several streams: have no effect again on any stream, and are noticed before a version is',
      'commands of several streams: have their effect once when ten send them at the same time',
    ],
  },
  {
    defect: 'looks for handled commands after the versions',
    store: () =>
      appending((store) => (request) => async () => {
        const unmarked = request.streams.map((part) => ({ ...part, events: [], commands: [] }))
        const looked = await store.appendTogether({ streams: unmarked })()
        return E.isLeft(looked) ? looked : store.appendTogether(request)()
      }),
    noticedBy: [
      'commands of several streams: have no effect again on any stream, and are noticed before a version is',
    ],
  },
  {
    defect: 'takes the last part of a stream that is named twice',
    store: () =>
      appending(
        (store) => (request) =>
          store.appendTogether({
            streams: [...new Map(request.streams.map((part) => [part.streamId, part])).values()],
          }),
      ),
    noticedBy: [
      'invalid appends to several streams: rejects the same stream twice, and stores nothing',
      'invalid appends to several streams: rejects the same stream twice, once without events, and stores nothing',
    ],
  },
  {
    defect: 'is content with no stream at all',
    store: () =>
      appending(
        (store) => (request) =>
          request.streams.length === 0
            ? () => Promise.resolve(E.right({ streams: [] }))
            : store.appendTogether(request),
      ),
    noticedBy: ['invalid appends to several streams: rejects no stream, and stores nothing'],
  },
  {
    defect: 'limits each stream, and not all of them together',
    store: () =>
      appending((store) => (request) => async () => {
        const [first, ...rest] = request.streams
        if (first === undefined) return store.appendTogether(request)()
        const begun = await store.appendTogether({ streams: [first] })()
        if (E.isLeft(begun) || rest.length === 0) return begun
        const streams = [...begun.right.streams]
        for (const part of rest) {
          const answer = await store.append(part)()
          if (E.isLeft(answer)) return E.left(invalidAppend(part.streamId, answer.left.message))
          streams.push(answer.right)
        }
        return E.right({ streams })
      }),
    noticedBy: [
      'invalid appends to several streams: rejects more events in all than one append may have, and stores nothing',
      'invalid appends to several streams: rejects more data in all than one append may have, and stores nothing',
    ],
  },
]
