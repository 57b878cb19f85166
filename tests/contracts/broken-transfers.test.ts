import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { decodedEvent, type Transfer } from 'reprise/adapter'
import { memory } from 'reprise/memory'
import { transferContract } from 'reprise/testing'
import { eventLine } from '../../src/core/transfer/archive'
import { eventRow } from '../../src/core/transfer/rows'
import { collect } from './collect'

type Backend = ReturnType<typeof memory>

const runNamed = (open: () => Backend, name: string): Promise<void> => {
  const tests = collect((words) =>
    transferContract({ name: 'collected', open: async () => open(), ...words }),
  )
  const test = tests.get(name)
  if (test === undefined) throw new Error(`the contract has no test called ${name}`)
  return test()
}

const transferThat =
  (broken: (transfer: Transfer, backend: Backend) => Partial<Transfer>) => (): Backend => {
    const backend = memory()
    return { ...backend, transfer: { ...backend.transfer, ...broken(backend.transfer, backend) } }
  }

const defects: ReadonlyArray<{
  readonly defect: string
  readonly open: () => Backend
  readonly noticedBy: ReadonlyArray<string>
}> = [
  {
    defect: 'exports no tags',
    open: transferThat(({ exportEvents }) => ({
      exportEvents: (range, take) =>
        exportEvents(range, (page) => take(page.map((event) => ({ ...event, tags: [] })))),
    })),
    noticedBy: [
      'exporting: gives all events in the order of their positions, as they are stored, with their tags',
      'importing: gives again what it was given',
    ],
  },
  {
    defect: 'exports from the start whatever is asked for',
    open: transferThat(({ exportEvents }) => ({
      exportEvents: (range, take) => exportEvents({ ...range, after: 0 }, take),
    })),
    noticedBy: ['exporting: gives only events after a position, and up to one'],
  },
  {
    defect: 'goes on after a page that could not be taken',
    open: transferThat(({ exportEvents }) => ({
      exportEvents: (range, take) => async () => {
        await exportEvents({ after: 0, upTo: 1 }, take)()
        return exportEvents(range, take)()
      },
    })),
    noticedBy: ['exporting: gives no page after one that could not be taken'],
  },
  {
    defect: 'makes lines without the tags',
    open: transferThat(({ exportEvents }) => ({
      exportLines: (range, take) =>
        exportEvents(range, (page) => {
          const text = page
            .map((event) => eventLine({ ...event, tags: [] }, event.position))
            .join('')
          const lines = new TextEncoder().encode(text)
          return take({ lines, events: page.length, last: page.at(-1)?.position ?? 0 })
        }),
    })),
    noticedBy: ['exporting: gives the same as lines of an archive, if it makes them itself'],
  },
  {
    defect: 'makes rows without the tags',
    open: transferThat(({ exportEvents }) => ({
      exportRows: (range, take) =>
        exportEvents(range, (page) => {
          const text = page
            .map((event) => eventRow({ ...event, tags: [] }, event.position))
            .join('')
          const lines = new TextEncoder().encode(text)
          return take({ lines, events: page.length, last: page.at(-1)?.position ?? 0 })
        }),
    })),
    noticedBy: ['exporting: gives the same as rows of an archive, if it makes them itself'],
  },
  {
    defect: 'gives the commands of events that it does not give',
    open: transferThat(({ exportCommands }) => ({
      exportCommands: (range) => exportCommands({ ...range, upTo: Infinity }),
    })),
    noticedBy: ['exporting: gives no command whose events it does not give'],
  },
  {
    defect: 'gives the first page of commands again and again',
    open: transferThat(({ exportCommands }) => ({
      exportCommands: ({ upTo, limit }) => exportCommands({ upTo, limit: Math.min(limit, 1) }),
    })),
    noticedBy: ['exporting: gives the commands that were handled, page by page'],
  },
  {
    defect: 'takes all tags for complete',
    open: transferThat(({ exportStart }, { operator }) => ({
      exportStart: () =>
        pipe(
          TE.Do,
          TE.bind('start', exportStart),
          TE.bind('all', operator.taggedCategories),
          TE.map(({ start, all }) => ({
            ...start,
            completeTags: all.map(({ category }) => category),
          })),
        ),
    })),
    noticedBy: ['exporting: names the categories whose tags are complete'],
  },
  {
    defect: 'gives imported events the time of the import',
    open: transferThat(({ storeBatch }) => ({
      storeBatch: (batch) =>
        storeBatch({
          ...batch,
          events: batch.events.map((event) => ({ ...event, recordedAt: Date.now() })),
        }),
    })),
    noticedBy: ['importing: keeps everything of an event, and says that it was imported'],
  },
  {
    defect: 'stores events in the order of their streams',
    open: transferThat(({ storeBatch }) => ({
      storeBatch: (batch) =>
        storeBatch({
          ...batch,
          events: batch.events.toSorted((left, right) =>
            left.streamId < right.streamId ? -1 : left.streamId === right.streamId ? 0 : 1,
          ),
        }),
    })),
    noticedBy: [
      'importing: stores events in the order in which they come, at new positions above all others',
    ],
  },
  {
    defect: 'leaves out what does not fit, and stores the rest',
    open: transferThat(({ storeBatch, lookForImport }) => ({
      storeBatch: (batch) =>
        pipe(
          lookForImport(
            batch.events.map(({ streamId }) => streamId),
            [],
          ),
          TE.flatMap(({ versions }) =>
            storeBatch({
              ...batch,
              events: batch.events.filter(
                ({ streamId, version }) => version > (versions.get(streamId) ?? 0),
              ),
            }),
          ),
        ),
    })),
    noticedBy: ['importing: stores nothing of a batch for a stream that is elsewhere'],
  },
  {
    defect: 'puts events at the end of a stream that it takes for known',
    open: transferThat(({ storeBatch, lookForImport }) => ({
      storeBatch: (batch) =>
        pipe(
          lookForImport([batch.events[0]?.streamId ?? ''], []),
          TE.flatMap(({ versions }) => {
            const [[, version = 0] = []] = versions
            const events = batch.events.map((event, index) => ({
              ...event,
              version: version + index + 1,
            }))
            return storeBatch({ ...batch, events })
          }),
        ),
    })),
    noticedBy: ['known streams: get nothing where another writer was faster'],
  },
  {
    defect: 'stores what was read without its tags',
    open: transferThat(({ storeBatch }) => ({
      storeRaw: (batch) =>
        storeBatch({
          ...batch,
          events: batch.events.map((event) => ({ ...decodedEvent(event), tags: [] })),
        }),
    })),
    noticedBy: ['known streams: take events as they were read as they take others'],
  },
  {
    defect: 'stores a batch wherever the import is',
    open: transferThat(({ storeBatch, beginImport }) => ({
      storeBatch: (batch) =>
        pipe(
          beginImport(batch.from.archive, []),
          TE.flatMap((from) => storeBatch({ ...batch, from })),
        ),
    })),
    noticedBy: ['importing: stores a batch once, and says how far the import is'],
  },
  {
    defect: 'forgets the commands',
    open: transferThat(({ storeBatch }) => ({
      storeBatch: (batch) => storeBatch({ ...batch, commands: [] }),
    })),
    noticedBy: ['importing: remembers the commands that were handled'],
  },
  {
    defect: 'forgets the tags',
    open: transferThat(({ storeBatch }) => ({
      storeBatch: (batch) =>
        storeBatch({ ...batch, events: batch.events.map((event) => ({ ...event, tags: [] })) }),
    })),
    noticedBy: ['tags: finds imported events by their tags at once'],
  },
  {
    defect: 'takes the tags of every archive for complete',
    open: transferThat(({ storeBatch }) => ({
      storeBatch: (batch) =>
        storeBatch({
          ...batch,
          completeTags: batch.events.map(({ streamId }) => streamId.split('-')[0] ?? ''),
        }),
    })),
    noticedBy: [
      'tags: does not rely on the tags of a category that has got events without',
      'tags: refuses events without tags where tags are enforced',
    ],
  },
  {
    defect: 'keeps no refused line',
    open: transferThat(() => ({ refusals: () => TE.right([]) })),
    noticedBy: ['importing: keeps the lines that were refused, with the reason'],
  },
]

describe.each(defects)('a transfer that $defect', ({ open, noticedBy }) => {
  it.each(noticedBy)('does not pass "%s"', async (name) => {
    await expect(runNamed(open, name)).rejects.toThrow()
    await expect(runNamed(() => memory(), name)).resolves.toBeUndefined()
  })
})
