import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { type BrokenOperator, type MemoryOperated, operatorThat } from './broken-operator'
import { memoryReadSide } from '../../support/memory-read-side'

/** A sound side with another store. */
const storeThat =
  (change: (side: MemoryOperated) => Partial<MemoryOperated['store']>): BrokenOperator['open'] =>
  (settings) => {
    const side = memoryReadSide(settings)
    return { ...side, store: { ...side.store, ...change(side) } }
  }

const REBUILT = 'tags: are stored in batches, and an interrupted rebuild goes on where it was'
const REFUSED =
  'tags: are not in one that had events before: what reads by tags is refused until they are rebuilt'
const ENFORCED =
  'tags: are enforced from the beginning of a rebuild on: who declares none cannot append'
const RACE =
  'tags: are those of every event when both kinds of writers are at work during the rebuild'

export const brokenTagOperators: ReadonlyArray<BrokenOperator> = [
  {
    defect: 'calls tags complete that have never been rebuilt',
    open: storeThat(() => ({ declareTags: () => TE.right(undefined) })),
    noticedBy: [REFUSED],
  },
  {
    defect: 'reads by tags that are not complete',
    open: storeThat(({ store }) => ({
      readAll: ({ tags: _tags, ...range }) => store.readAll(range),
    })),
    noticedBy: [REFUSED],
  },
  {
    defect: 'gives every event tags by itself, so that no writer is ever refused',
    open: storeThat(({ store }) => ({
      append: (request) =>
        store.append({
          ...request,
          events: request.events.map((event) => ({ ...event, tags: event.tags ?? [] })),
        }),
    })),
    noticedBy: [ENFORCED, RACE],
  },
  {
    defect: 'stores a batch of somebody who is behind',
    open: operatorThat(({ taggedCategories, saveTags }) => ({
      saveTags: (batch) =>
        pipe(
          taggedCategories(),
          TE.flatMap((all) => {
            const known = all.find(({ category }) => category === batch.category)
            const after = known?.rebuiltTo ?? batch.after
            return saveTags({ ...batch, after: Math.min(after, batch.upTo - 1) })
          }),
        ),
    })),
    noticedBy: [REBUILT],
  },
  {
    defect: 'begins again whenever it is asked',
    open: operatorThat(({ beginTags }) => ({
      beginTags: (category) => beginTags(category, 'again'),
    })),
    noticedBy: [
      'tags: are rebuilt again when their function has changed, and what has a tag keeps it',
    ],
  },
  {
    defect: 'never begins again',
    open: operatorThat(({ beginTags }) => ({
      beginTags: (category) => beginTags(category, 'unfinished'),
    })),
    noticedBy: [
      'tags: are rebuilt again when their function has changed, and what has a tag keeps it',
    ],
  },
]
