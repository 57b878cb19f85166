import assert from 'node:assert/strict'
import type { KnownStreams } from '../../core/ports/transfer'
import type { StreamId } from '../../core/stream'
import { eventLine } from '../../core/transfer/archive'
import { decodedEvent } from '../../core/transfer/encoded-event'
import { lineParser } from '../../core/transfer/parse-line'
import { eventsOf, same, succeeds } from '../store-contract/checks'
import { appendTo, freshCategory, freshStream, numbered } from '../store-contract/fixtures'
import { aBatch, freshArchive, historic, imported, type Suite, type Transferred } from './subject'

/** What an import knows of a stream to which it has come. */
const knownOf = async (
  { transfer }: Transferred,
  stream: StreamId,
): Promise<{ readonly known?: KnownStreams }> => {
  const { removals } = await succeeds(transfer.lookForImport([stream], []))
  return removals === undefined ? {} : { known: { streams: new Set([stream]), removals } }
}

const encoder = new TextEncoder()

/** Two batches of a stream; something happens before the second, of which the store may not look at the stream. */
const storedAfter = async (
  subject: Transferred,
  stream: StreamId,
  meanwhile: () => Promise<unknown>,
): Promise<boolean> => {
  const from = await imported(subject, { events: historic(stream, 2) })
  const known = await knownOf(subject, stream)
  await meanwhile()
  const batch = aBatch(from, { events: historic(stream, 1, 3), ...known })
  const stored = await succeeds(subject.transfer.storeBatch(batch))
  const progress = await succeeds(subject.transfer.beginImport(from.archive, []))
  assert.equal(progress.lines, from.lines + (stored === undefined ? 0 : 10))
  return stored !== undefined
}

export const knownStreams: Suite = {
  name: 'known streams',
  tests: {
    'go on where the import has left them': async (subject) => {
      const stream = freshStream()
      assert.equal(await storedAfter(subject, stream, async () => undefined), true)
      const found = await eventsOf(subject.store, stream)
      same(
        found.map(({ version }) => version),
        [1, 2, 3],
      )
    },
    'get nothing where another writer was faster': async (subject) => {
      const stream = freshStream()
      const append = () => succeeds(subject.store.append(appendTo(stream, 2, numbered(1))))
      assert.equal(await storedAfter(subject, stream, append), false)
      assert.equal((await eventsOf(subject.store, stream)).length, 3)
    },
    'get nothing where one was erased, also if the version is free again': async (subject) => {
      const stream = freshStream()
      const erased = async () => {
        // The event that would be in the way is there, and is gone.
        await succeeds(subject.store.append(appendTo(stream, 2, numbered(2))))
        const erasure = { streamId: stream, by: 'contract', why: 'a test' }
        await succeeds(subject.operator.erase(erasure))
      }
      assert.equal(await storedAfter(subject, stream, erased), false)
      const look = await succeeds(subject.transfer.lookForImport([stream], []))
      assert.ok((look.versions.get(stream) ?? 0) > 4, 'no event fits to a stream that was erased')
    },
    'are looked at again when something was removed elsewhere': async (subject) => {
      const [stream, other] = [freshStream(), freshStream()]
      const archive = freshArchive()
      const from = await imported(subject, { events: historic(stream, 2) }, archive)
      const known = await knownOf(subject, stream)
      await succeeds(subject.store.append(appendTo(other, 0, numbered(1))))
      const erasure = { streamId: other, by: 'contract', why: 'a test' }
      await succeeds(subject.operator.erase(erasure))
      const batch = aBatch(from, { events: historic(stream, 1, 3) })
      const first = await succeeds(subject.transfer.storeBatch({ ...batch, ...known }))
      const stored = first ?? (await succeeds(subject.transfer.storeBatch(batch)))
      assert.equal(stored?.events, 3)
    },
    'take events as they were read as they take others': async (subject) => {
      const category = freshCategory()
      const stream = freshStream(category)
      const more = {
        ...{ type: 'Odd', schemaVersion: 7, tags: [`tag ${stream}`] },
        metadata: { actor: 'ann', extra: { z: 1 } },
        data: { b: '🎓 "quoted" \\ \n\t', a: [null, 1.5, true] },
      }
      const events = historic(stream, 3, 1, more)
      const raw = events.map((event, index) => {
        const bytes = encoder.encode(eventLine(event, index + 1).trimEnd())
        const place = { line: index + 2, start: 0, length: bytes.length, bytes, from: 0 }
        const line = lineParser('json')(place)
        assert.ok(line._tag === 'Right' && line.right._tag === 'Event' && 'raw' in line.right.event)
        return line.right.event
      })
      const from = await succeeds(subject.transfer.beginImport(freshArchive(), [category]))
      const { storeRaw, storeBatch } = subject.transfer
      const batch = aBatch(from, { completeTags: [category] })
      const stored =
        storeRaw === undefined
          ? await succeeds(storeBatch({ ...batch, events: raw.map(decodedEvent) }))
          : await succeeds(storeRaw({ ...batch, events: raw }))
      assert.equal(stored?.events, 3)
      const found = await eventsOf(subject.store, stream)
      same(
        found.map(({ position: _position, ...event }) => event),
        events.map(({ tags: _tags, ...event }) => ({
          ...event,
          metadata: { ...event.metadata, imported: true },
        })),
      )
      const tagged = await succeeds(
        subject.store.readAll({
          after: 0,
          limit: 10,
          tags: [`tag ${stream}`],
          categories: [category],
        }),
      )
      assert.equal(tagged.events.length, 3)
    },
  },
}
