import { memory } from '../../../src/adapters/memory/backend'
import type { EventStore } from '../../../src/core/ports/event-store'
import type { NewEvent } from '../../../src/core/recorded-event'
import type { BrokenStore } from './broken-store'

const storing = (change: (event: NewEvent) => NewEvent): EventStore => {
  const { store } = memory()
  return {
    ...store,
    append: (request) => store.append({ ...request, events: request.events.map(change) }),
  }
}

const withTags = (
  { tags, ...event }: NewEvent,
  change: (tags: ReadonlyArray<string>) => ReadonlyArray<string>,
): NewEvent => (tags === undefined ? event : { ...event, tags: change(tags) })

export const brokenTags: ReadonlyArray<BrokenStore> = [
  {
    defect: 'does not store tags',
    store: () => storing((event) => withTags(event, () => [])),
    noticedBy: [
      'tags: find the events of one tag, each once, in order, in pages of any size',
      'tags: may be 32, of 255 characters each, of any script',
    ],
  },
  {
    defect: 'stores the first tag of an event only',
    store: () => storing((event) => withTags(event, (tags) => tags.slice(0, 1))),
    noticedBy: ['tags: may be 32, of 255 characters each, of any script'],
  },
  {
    defect: 'puts wrong tags right without a word',
    store: () => storing((event) => withTags(event, (tags) => [...new Set(tags)].sort())),
    noticedBy: [
      'tags: are rejected, and nothing is stored: tags that are not sorted',
      'tags: are rejected, and nothing is stored: the same tag twice',
    ],
  },
  {
    defect: 'leaves out what it cannot store as a tag',
    store: () =>
      storing((event) =>
        withTags(event, (tags) =>
          tags.filter((tag) => tag !== '' && tag.length < 256 && !/[\0\ud800]/.test(tag)),
        ),
      ),
    noticedBy: [
      'tags: are rejected, and nothing is stored: an empty tag',
      'tags: are rejected, and nothing is stored: a tag of 256 characters',
      'tags: are rejected, and nothing is stored: a tag with a NUL',
    ],
  },
  {
    defect: 'ignores tags when it reads',
    store: () => {
      const { store } = memory()
      return { ...store, readAll: ({ tags: _tags, ...range }) => store.readAll(range) }
    },
    noticedBy: [
      'tags: find the events of one tag, each once, in order, in pages of any size',
      'tags: find the events of no tag at all, each once, in order, in pages of any size',
    ],
  },
  {
    defect: 'ignores tags when it reads a stream',
    store: () => {
      const { store } = memory()
      return { ...store, read: (id, { after, limit }) => store.read(id, { after, limit }) }
    },
    noticedBy: ['tags: find the events of one stream, in pages'],
  },
]
