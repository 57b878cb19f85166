import { randomUUID } from 'node:crypto'
import * as E from 'fp-ts/Either'
import { memory } from '../../../src/adapters/memory/backend'
import type { StorePage } from '../../../src/core/ports/event-source'
import type { Loaded, StreamSummary } from '../../../src/core/ports/event-store'
import type { StoredEvent } from '../../../src/core/recorded-event'
import { answering, type BrokenStore, type Events, reading } from './broken-store'

export const brokenReads: ReadonlyArray<BrokenStore> = [
  {
    defect: 'reads by clock, ties in any order (as Incident did)',
    store: () =>
      reading((events) =>
        events.toSorted(
          (left, right) => left.recordedAt - right.recordedAt || left.id.localeCompare(right.id),
        ),
      ),
    noticedBy: [
      'defects known from elsewhere: orders events by version, not by a clock that stops',
      'appends: keeps the events of one append in the order given',
    ],
  },
  {
    defect: 'says that there is never more',
    store: () =>
      answering(
        'read',
        ({ read }) =>
          (id, range) =>
          async () =>
            E.map((page: { readonly events: Events }) => ({ ...page, more: false }))(
              await read(id, range)(),
            ),
      ),
    noticedBy: [
      'reading a stream: reads pages of any size, each once, in order',
      'reading a stream: never reads more than requested, and says whether there is more',
      'defects known from elsewhere: reads a stream longer than any page of it',
    ],
  },
  {
    defect: 'takes the prefix of an id for a pattern of LIKE',
    store: () =>
      answering('streams', ({ streams }) => ({ prefix = '', limit, ...range }) => async () => {
        const all = await streams({ ...range, limit: 10_000 })()
        const pattern = new RegExp(`^${prefix.replaceAll('%', '.*').replaceAll('_', '.')}`, 's')
        const found = ({ streamId }: StreamSummary) => pattern.test(streamId)
        return E.map((some: ReadonlyArray<StreamSummary>) => some.filter(found).slice(0, limit))(
          all,
        )
      }),
    noticedBy: [
      'listing streams: lists the streams whose id begins with a prefix only, page by page',
    ],
  },
  {
    defect: 'takes the version that the caller knows for that of the stream',
    store: () =>
      answering(
        'load',
        ({ load }) =>
          (request) =>
          async () =>
            E.map((loaded: Loaded) => ({
              ...loaded,
              version: loaded.events.at(-1)?.version ?? request.after,
            }))(await load(request)()),
      ),
    noticedBy: ['loads: answers the version of the stream, whatever the limit'],
  },
  {
    defect: 'filters a page after it was cut, and calls the last event that is left the end',
    store: () =>
      answering('readAll', ({ readAll }) => (range) => async () => {
        const page = await readAll({ after: range.after, limit: range.limit })()
        if (E.isLeft(page)) return page
        const events = page.right.events.filter(
          ({ streamId, type }) =>
            (range.categories?.includes(streamId.split('-')[0] ?? '') ?? true) &&
            (range.types?.includes(type) ?? true),
        )
        return E.right({ ...page.right, events, upTo: events.at(-1)?.position ?? range.after })
      }),
    noticedBy: [
      'reading the whole store: moves upTo past events that the filter leaves out',
      'reading the whole store: reads the events of one category, each once, in order, in pages of any size',
    ],
  },
  {
    defect: 'moves upTo past events that did not fit into the page',
    store: () =>
      answering('readAll', ({ readAll }) => (range) => async () => {
        const page = await readAll(range)()
        if (E.isLeft(page)) return page
        const rest = await readAll({ ...range, after: page.right.upTo, limit: 1 })()
        return E.right({ ...page.right, upTo: E.isRight(rest) ? rest.right.upTo : 0 })
      }),
    noticedBy: [
      'reading the whole store: reads the events of several categories, each once, in order, in pages of any size',
      'reading while others write: skips no event of six writers, and gives those of each stream in order',
    ],
  },
  {
    defect: 'takes a category for the beginning of a stream id',
    store: () =>
      answering(
        'streams',
        ({ streams }) =>
          ({ category, ...range }) =>
          async () =>
            E.map((all: ReadonlyArray<{ streamId: string; version: number; recordedAt: number }>) =>
              all
                .filter(({ streamId }) => streamId.startsWith(category ?? ''))
                .slice(0, range.limit),
            )(await streams({ ...range, limit: 100_000 })()),
      ),
    noticedBy: [
      'listing streams: lists the streams of one category only, however similar its name',
    ],
  },
  {
    defect: "lists streams in the order of JavaScript's strings",
    store: () =>
      answering(
        'streams',
        ({ streams }) =>
          (range) =>
          async () =>
            E.map((all: ReadonlyArray<{ streamId: string; version: number; recordedAt: number }>) =>
              all
                .toSorted((left, right) => (left.streamId < right.streamId ? -1 : 1))
                .filter(({ streamId }) => streamId > range.after)
                .slice(0, range.limit),
            )(await streams({ ...range, after: '', limit: 100_000 })()),
      ),
    noticedBy: ['listing streams: lists streams in the order of the code points of their ids'],
  },
  {
    defect: 'lets readAll pass by an event that becomes visible late',
    store: () => {
      // As with positions drawn before the commit, and a reader who trusts the highest one.
      const seen = new Set<number>()
      const late = ({ position }: StoredEvent): boolean => {
        const first = !seen.has(position)
        seen.add(position)
        return first && position % 3 === 0
      }
      return answering(
        'readAll',
        ({ readAll }) =>
          (range) =>
          async () =>
            E.map((page: StorePage) => ({
              ...page,
              events: page.events.filter((event) => !late(event)),
            }))(await readAll(range)()),
      )
    },
    noticedBy: [
      'reading while others write: skips no event of six writers, and gives those of each stream in order',
    ],
  },
  {
    defect: 'calls positions safe that were drawn for nothing',
    store: () =>
      answering(
        'readAll',
        ({ readAll }) =>
          (range) =>
          async () =>
            E.map((page: StorePage) => ({ ...page, upTo: page.more ? page.upTo : page.upTo + 28 }))(
              await readAll(range)(),
            ),
      ),
    noticedBy: [
      'reading the whole store: calls nothing safe above the highest position that can be seen',
    ],
  },
  {
    defect: 'believes whoever asks that there is so much',
    store: () =>
      answering(
        'readAll',
        ({ readAll }) =>
          (range) =>
          async () =>
            E.map((page: StorePage) => ({ ...page, highest: page.upTo }))(await readAll(range)()),
      ),
    noticedBy: [
      'reading the whole store: answers the highest position to a reader that is beyond it',
    ],
  },
  {
    defect: 'is another store whenever it is asked',
    store: () =>
      answering(
        'readAll',
        ({ readAll }) =>
          (range) =>
          async () =>
            E.map((page: StorePage) => ({ ...page, lineage: randomUUID() }))(
              await readAll(range)(),
            ),
      ),
    noticedBy: ['reading the whole store: says which store it is, and always the same'],
  },
  {
    defect: 'gives followers what it keeps itself',
    store: () => {
      const kept = new Map<number, StoredEvent>()
      return answering(
        'readAll',
        ({ readAll }) =>
          (range) =>
          async () =>
            E.map((page: StorePage) => ({
              ...page,
              events: page.events.map((event) => {
                const own = kept.get(event.position) ?? structuredClone(event)
                kept.set(event.position, own)
                return own
              }),
            }))(await readAll(range)()),
      )
    },
    noticedBy: [
      'reading the whole store: gives every reader the events as they are, whatever readers did before',
    ],
  },
  {
    defect: 'takes any number for the limit of a page of the store',
    store: () =>
      answering(
        'readAll',
        ({ readAll }) =>
          (range) =>
            readAll({ ...range, limit: 1 }),
      ),
    noticedBy: ['reading the whole store: rejects a limit that is none, and reads nothing'],
  },
  {
    defect: 'says of one source that it is several',
    store: () => ({ ...memory().store, sourceNameOf: (streamId: string) => streamId }),
    noticedBy: [
      'the name of the source: is that of the streams whose events are read from it, and of no others',
    ],
  },
]
