import assert from 'node:assert/strict'
import { atOnce, appendTo, freshCategory, freshStream, numbered } from '../store-contract/fixtures'
import { eventsOf, failsWith, grow, same, succeeds } from '../store-contract/checks'
import {
  aBatch,
  allOf,
  commandsOf,
  exportedOf,
  freshArchive,
  historic,
  imported,
  LONG_AGO,
  type Suite,
} from './subject'

export const importing: Suite = {
  name: 'importing',
  tests: {
    'keeps everything of an event, and says that it was imported': async (subject) => {
      const stream = freshStream()
      const metadata = { actor: 'ann', correlationId: 'c1', extra: { z: 1 } }
      const data = { b: '🎓 "quoted" \\ \n', a: [null, 1.5, true] }
      const more = { type: 'Odd', schemaVersion: 7, metadata, data }
      const events = historic(stream, 2, 1, more)
      const progress = await imported(subject, { events })
      same(
        { ...progress, archive: '' },
        {
          ...{ archive: '', lines: 10, bytes: 100, events: 2, commands: 0, refused: 0 },
          isFinished: false,
        },
      )
      same(
        (await eventsOf(subject.store, stream)).map(({ position: _position, ...event }) => event),
        events.map((event) => ({ ...event, metadata: { ...metadata, imported: true } })),
      )
    },
    'stores events in the order in which they come, at new positions above all others': async (
      subject,
    ) => {
      const category = freshCategory()
      const [one, other] = [freshStream(category), freshStream(category)]
      const before = await succeeds(subject.store.append(appendTo(freshStream(), 0, numbered(1))))
      const [a, b] = [historic(one, 2), historic(other, 2)]
      const events = [a[0], b[0], b[1], a[1]].flatMap((event) => event ?? [])
      await imported(subject, { events })
      const found = await allOf(subject, category)
      same(
        found.map(({ id }) => id),
        events.map(({ id }) => id),
      )
      const positions = found.map(({ position }) => position)
      assert.ok(grow([...before.positions, ...positions]), 'positions grow')
    },
    'stores nothing of a batch for a stream that is elsewhere': async (subject) => {
      const [there, fresh] = [freshStream(), freshStream()]
      await succeeds(subject.store.append(appendTo(there, 0, numbered(1))))
      const from = await succeeds(subject.transfer.beginImport(freshArchive(), []))
      const look = await succeeds(subject.transfer.lookForImport([there, fresh], []))
      same([look.versions.get(there), look.versions.get(fresh)], [1, 0])
      for (const first of [1, 3]) {
        const events = [...historic(fresh, 1), ...historic(there, 1, first)]
        const answer = await succeeds(subject.transfer.storeBatch(aBatch(from, { events })))
        assert.equal(answer, undefined)
      }
      same(await eventsOf(subject.store, fresh), [])
      assert.equal((await eventsOf(subject.store, there)).length, 1)
    },
    'stores a batch once, and says how far the import is': async (subject) => {
      const stream = freshStream()
      const archive = freshArchive()
      const first = await succeeds(subject.transfer.beginImport(archive, []))
      const second = await imported(subject, { events: historic(stream, 2) }, archive)
      const again = aBatch(first, { events: historic(stream, 2, 3) })
      await failsWith(subject.transfer.storeBatch(again), { _tag: 'ImportOvertaken', archive })
      same(await succeeds(subject.transfer.beginImport(archive, [])), second)
      const to = { lines: 11, bytes: 120, isFinished: true }
      const events = historic(stream, 1, 3)
      const ended = await succeeds(subject.transfer.storeBatch(aBatch(second, { events, to })))
      same(ended, { archive, ...to, events: 3, commands: 0, refused: 0 })
      const late = aBatch({ ...second, lines: 11 }, { events: historic(stream, 1, 4) })
      await failsWith(subject.transfer.storeBatch(late), { _tag: 'ImportOvertaken' })
      assert.equal((await eventsOf(subject.store, stream)).length, 3)
    },
    'loses no event, of its own and of those who append meanwhile': async (subject) => {
      const category = freshCategory()
      const archive = freshArchive()
      const [history, live] = [freshStream(category), freshStream(category)]
      const importAll = async () => {
        for (let batch = 0; batch < 10; batch++) {
          await imported(subject, { events: historic(history, 20, batch * 20 + 1) }, archive)
        }
      }
      const appendAll = async () => {
        for (let version = 0; version < 20; version++) {
          await succeeds(subject.store.append(appendTo(live, version, numbered(1, version + 1))))
        }
      }
      await atOnce(2, (index) => (index === 0 ? importAll() : appendAll()))
      const found = await allOf(subject, category)
      for (const [stream, count] of [
        [history, 200],
        [live, 20],
      ] as const) {
        const own = found.filter(({ streamId }) => streamId === stream)
        same(
          own.map(({ version }) => version),
          Array.from({ length: count }, (_, index) => index + 1),
        )
      }
    },
    'lets a stream go on after its history': async (subject) => {
      const stream = freshStream()
      await imported(subject, { events: historic(stream, 2) })
      const request = appendTo(stream, 2, numbered(1))
      const { version } = await succeeds(subject.store.append(request))
      assert.equal(version, 3)
      const [, , last] = await eventsOf(subject.store, stream)
      assert.ok((last?.recordedAt ?? 0) > LONG_AGO + 1_000, 'what is appended has its own time')
      assert.equal(last?.metadata.imported, undefined)
    },
    'remembers the commands that were handled': async (subject) => {
      const stream = freshStream()
      const command = { streamId: stream, commandId: 'one', after: 0, eventCount: 2 }
      const commands = [{ ...command, fingerprint: 'print' }]
      await imported(subject, { events: historic(stream, 2), commands })
      same(await commandsOf(subject, stream), commands)
      const again = appendTo(stream, 2, numbered(1), [{ commandId: 'one', skip: 0, eventCount: 1 }])
      await failsWith(subject.store.append(again), { _tag: 'CommandAlreadyHandled' })
      const look = await succeeds(subject.transfer.lookForImport([stream], [command]))
      same(look.commands, commands)
      const from = await succeeds(subject.transfer.beginImport(freshArchive(), []))
      const taken = aBatch(from, { commands: [command] })
      assert.equal(await succeeds(subject.transfer.storeBatch(taken)), undefined)
    },
    'keeps the lines that were refused, with the reason': async (subject) => {
      const archive = freshArchive()
      const refusals = [3, 4, 9].map((line) => ({
        ...{ line, start: line * 10, length: 9, reason: 'VersionTaken' },
        message: `line ${line} of "it"`,
      }))
      const progress = await imported(subject, { refusals }, archive)
      assert.equal(progress.refused, 3)
      same(await succeeds(subject.transfer.refusals(archive, { after: 3, limit: 1 })), [
        refusals[1],
      ])
      same(await succeeds(subject.transfer.refusals(archive, { after: 0, limit: 9 })), refusals)
      same(await succeeds(subject.transfer.refusals(freshArchive(), { after: 0, limit: 9 })), [])
    },
    'gives again what it was given': async (subject) => {
      const category = freshCategory()
      const events = historic(freshStream(category), 3, 1, { tags: ['a:1', 'b:2'] })
      await imported(subject, { events, completeTags: [category] })
      same(
        (await exportedOf(subject, category)).map(({ position: _position, ...event }) => event),
        events.map((event) => ({ ...event, metadata: { imported: true } })),
      )
    },
  },
}
