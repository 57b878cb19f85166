import { failsWith, handledBy, numbersOf, same, succeeds } from '../store-contract/checks'
import {
  aMark,
  appendTo,
  aSnapshot,
  atOnce,
  freshCommandId,
  freshStream,
  numbered,
} from '../store-contract/fixtures'
import { archiving, by, closedStream, outcomes, why } from './archived'
import type { Suite } from './subject'

/** Reads of streams that are in the archive. */
export const archivedReads: Suite = {
  name: 'archiving',
  tests: {
    'answers the events and the version of an archived stream to every read by its id': async (
      subject,
    ) => {
      const { operator, store } = subject
      const [streamId, commandId] = [freshStream(), freshCommandId()]
      await succeeds(store.append(appendTo(streamId, 0, numbered(3), [aMark(commandId, 3)])))
      await succeeds(store.saveSnapshot(aSnapshot(streamId, 2)))
      const before = await succeeds(store.read(streamId, { after: 0, limit: 10 }))
      await succeeds(operator.closeStream({ streamId, by, why }))
      same(await outcomes(subject, archiving([streamId])), ['archived'])

      same(await succeeds(store.read(streamId, { after: 0, limit: 10 })), before)
      same(await succeeds(store.version(streamId)), 3)
      for (const limit of [1, 2, 3, 4, 100]) {
        for (const after of [0, 2, 3, 9]) {
          const numbers = [1, 2, 3].slice(after)
          const expected = [numbers.slice(0, limit), numbers.length > limit]
          for (const more of [{}, { commandId: freshCommandId(), snapshotSchema: 1 }]) {
            const loaded = await succeeds(store.load({ streamId, after, limit, ...more }))
            same([loaded.version, loaded.snapshot], [3, undefined])
            same([numbersOf(loaded.events), loaded.more], expected)
          }
          for (const upTo of [undefined, 3, 1_000_000]) {
            const range = { after, limit, ...(upTo === undefined ? {} : { upTo }) }
            const page = await succeeds(store.read(streamId, range))
            same([numbersOf(page.events), page.more], expected)
          }
        }
        const back = await succeeds(store.readBackwards(streamId, { limit }))
        same([numbersOf(back.events), back.more], [[3, 2, 1].slice(0, limit), limit < 3])
      }
      const part = await succeeds(store.read(streamId, { after: 0, upTo: 2, limit: 10 }))
      same(numbersOf(part.events), [1, 2])
      const earlier = await succeeds(store.readBackwards(streamId, { before: 3, limit: 10 }))
      same(numbersOf(earlier.events), [2, 1])

      // It stays closed, and answers what it has handled.
      const closed = { _tag: 'StreamClosed', streamId }
      for (const version of ['any', 'mustNotExist', 0, 3] as const) {
        await failsWith(store.append(appendTo(streamId, version, numbered(1))), closed)
      }
      same(await handledBy(store, streamId, commandId), { after: 0, eventCount: 3 })
      const again = appendTo(streamId, 'any', numbered(1), [aMark(commandId, 1)])
      await failsWith(store.append(again), { _tag: 'CommandAlreadyHandled' })
      await succeeds(store.saveSnapshot(aSnapshot(streamId, 3)))
      const { snapshot } = await succeeds(
        store.load({ streamId, after: 0, limit: 1, snapshotSchema: 1 }),
      )
      same(snapshot, undefined)
    },
    'loads archived streams beside others at once': async (subject) => {
      const { operator, store } = subject
      const streams = [
        await closedStream(subject, 2),
        await closedStream(subject, 4),
        freshStream(),
        await closedStream(subject, 1),
      ]
      await succeeds(store.append(appendTo(streams[2] ?? '', 0, numbered(3))))
      await succeeds(operator.archive(archiving([streams[0] ?? '', streams[3] ?? ''])))
      const loads = await atOnce(streams.length, (index) =>
        succeeds(store.load({ streamId: streams[index] ?? '', after: 0, limit: 2 })),
      )
      same(
        loads.map(({ version, events, more }) => [version, events.length, more]),
        [
          [2, 2, false],
          [4, 2, true],
          [3, 2, true],
          [1, 1, false],
        ],
      )
    },
  },
}
