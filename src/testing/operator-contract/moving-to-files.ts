import assert from 'node:assert/strict'
import { failsWith, handledBy, numbersOf, same, succeeds } from '../store-contract/checks'
import { aMark, appendTo, freshCommandId, freshStream, numbered } from '../store-contract/fixtures'
import { archiving, by, closedStream, NOTHING, outcomes, why } from './archived'
import { begun, idsIn, moved, sha256Of, written } from './test-files'
import type { Operated, Suite } from './subject'

const INVALID = { _tag: 'InvalidOperation' }
const UNREADABLE = { _tag: 'StoreFailed', reason: 'ArchiveUnreadable', outcome: 'nothingWritten' }
const ALL = { after: 0, limit: 100 }

/** An archived stream with so many events. */
const archivedStream = async (subject: Operated, count: number, streamId = freshStream()) => {
  await closedStream(subject, count, streamId)
  same(await outcomes(subject, archiving([streamId])), ['archived'])
  return streamId
}

/** Archived streams that are moved to files. */
export const movingToFiles: Suite = {
  name: 'moving to files',
  tests: {
    'answers the same to every read, once the events are in a file': async (subject) => {
      const { operator, store, files } = subject
      const [streamId, commandId] = [freshStream(), freshCommandId()]
      const events = numbered(5).map((event, index) => ({
        ...event,
        metadata: { ...event.metadata, actor: 'Åda "the first"\n' },
        ...(index === 1 ? { tags: ['a', 'b:ü'] } : {}),
      }))
      await succeeds(store.append(appendTo(streamId, 0, events, [aMark(commandId, 5)])))
      await succeeds(operator.closeStream({ streamId, by, why }))
      same(await outcomes(subject, archiving([streamId], { tagged: 'leaveOut' })), ['archived'])
      const answers = async (): Promise<ReadonlyArray<unknown>> => {
        const all: unknown[] = [await succeeds(store.version(streamId))]
        for (const limit of [1, 2, 5, 100]) {
          for (const after of [0, 1, 5, 9]) {
            for (const tags of [undefined, ['a'], ['none', 'b:ü'], ['none']]) {
              for (const upTo of [undefined, 0, 3, 1_000_000]) {
                const range = { after, limit, ...(tags && { tags }), ...(upTo && { upTo }) }
                all.push(await succeeds(store.read(streamId, range)))
              }
              const back = { before: after + 2, limit, ...(tags && { tags }) }
              all.push(await succeeds(store.readBackwards(streamId, back)))
            }
            all.push(await succeeds(store.load({ streamId, after, limit, snapshotSchema: 1 })))
          }
          all.push(await succeeds(store.readBackwards(streamId, { limit })))
        }
        return all
      }
      const before = await answers()
      await moved(subject, '2025.ndjson', [streamId])
      same(await idsIn(subject, 'files'), [streamId])
      same(await answers(), before)
      assert.ok((files.bytes.get('2025.ndjson')?.length ?? 0) > 0, 'the file has it')

      const closed = { _tag: 'StreamClosed', streamId }
      await failsWith(store.append(appendTo(streamId, 'any', numbered(1))), closed)
      same(await handledBy(store, streamId, commandId), { after: 0, eventCount: 5 })
      same((await succeeds(store.readAll(ALL))).events, [])
      const { archivedStreams, archivedEvents } = await succeeds(operator.retired())
      same([archivedStreams, archivedEvents], [1, 5])
    },
    'says where each stream is, in the order of archiving, and writes it into the audit': async (
      subject,
    ) => {
      const { operator, files } = subject
      const streams = [
        await archivedStream(subject, 2),
        await archivedStream(subject, 1),
        await archivedStream(subject, 3),
      ]
      const [first = '', second = '', third = ''] = streams
      same(await idsIn(subject, 'store'), streams)
      await moved(subject, 'a', [third, first])
      same(await idsIn(subject, 'store'), [second])
      same(await idsIn(subject, 'files'), [first, third])
      await moved(subject, 'a', [second, first], 'known') // the first is there already
      const page = await succeeds(operator.archivedStreams({ after: 0, limit: 2, where: 'files' }))
      const after = page.streams.at(-1)?.sequence ?? 0
      const rest = await succeeds(operator.archivedStreams({ after, limit: 2, where: 'files' }))
      same([page.more, rest.more], [true, false])
      const all = [...page.streams, ...rest.streams]
      same(
        all.map(({ streamId, events }) => [streamId, events]),
        [
          [first, 2],
          [second, 1],
          [third, 3],
        ],
      )
      const { entries } = await succeeds(
        operator.audit({ before: Number.MAX_SAFE_INTEGER, limit: 100 }),
      )
      for (const { streamId, place } of all) {
        assert.ok(place !== undefined, 'it has a place')
        const { file, start, length, sha256 } = place
        const bytes = files.bytes.get(file)?.subarray(start, start + length) ?? Buffer.alloc(0)
        same(await sha256Of(bytes), sha256)
        assert.ok(bytes.includes(streamId) && bytes.at(-1) === 10, 'its lines are there')
        const found = entries.filter(
          ({ action, subject: of }) => action === 'move to file' && of === streamId,
        )
        same(
          found.map(({ operator: who, detail }) => [
            ...[who, detail['why'], detail['file'], detail['start'], detail['length']],
          ]),
          [[by, why, file, start, length]],
        )
      }
      const none = await succeeds(
        operator.archivedStreams({ ...ALL, where: 'files', category: 'none' }),
      )
      same(none.streams, [])
      const early = { ...ALL, where: 'files', closedBefore: 1 } as const
      same((await succeeds(operator.archivedStreams(early))).streams, [])
    },
    'gives no byte of a file twice, and lets the last one finish who has begun': async (
      subject,
    ) => {
      const { operator, store } = subject
      const [one, other] = [await archivedStream(subject, 2), await archivedStream(subject, 3)]
      const slow = await begun(subject, 'a', [one])
      const fast = await begun(subject, 'a', [one, other])
      const lengthOf = ({ parts }: typeof slow) =>
        Buffer.byteLength(parts.map(({ content }) => content).join(''))
      same([slow.start, fast.start], [0, lengthOf(slow)])
      await succeeds(operator.finishMoveToFile(await written(subject, 'a', fast)))
      await failsWith(operator.finishMoveToFile(await written(subject, 'a', slow)), INVALID)
      for (const [streamId, count] of [
        [one, 2],
        [other, 3],
      ] as const) {
        same((await succeeds(store.read(streamId, ALL))).events.length, count)
      }
      const unused = await succeeds(operator.unusedRanges())
      const expected = { range: slow.range, file: 'a', start: 0, length: lengthOf(slow) }
      same(unused, [expected])
      await succeeds(operator.rangeOverwritten(slow.range))
      same(await succeeds(operator.unusedRanges()), [])
      same(await idsIn(subject, 'store'), [])
    },
    'moves nothing unless the file holds what was to be written': async (subject) => {
      const { operator, store } = subject
      const streamId = await archivedStream(subject, 2)
      const range = await begun(subject, 'a', [streamId])
      const sound = await written(subject, 'a', range)
      for (const sha256s of [[], [await sha256Of('')]]) {
        await failsWith(operator.finishMoveToFile({ ...sound, sha256s }), INVALID)
        same(await idsIn(subject, 'store'), [streamId])
      }
      subject.files.bytes.clear()
      same(numbersOf((await succeeds(store.read(streamId, ALL))).events), [1, 2])
    },
    'refuses a file that it has not begun, or that should be there': async (subject) => {
      const { operator } = subject
      const [one, other] = [await archivedStream(subject, 1), await archivedStream(subject, 1)]
      const moving = { file: 'a', streams: [other], expects: 'known' } as const
      await failsWith(operator.beginMoveToFile(moving), INVALID)
      await moved(subject, 'a', [one])
      await failsWith(operator.beginMoveToFile({ ...moving, expects: 'new' }), INVALID)
      await succeeds(operator.newLineage())
      await failsWith(operator.beginMoveToFile(moving), INVALID)
      await moved(subject, 'b', [other])
      same(await idsIn(subject, 'files'), [one, other])
    },
    'fails where the file is missing, or is not what was written': async (subject) => {
      const { store, files } = subject
      const streamId = await archivedStream(subject, 2)
      await moved(subject, 'a', [streamId])
      const whole = files.bytes.get('a') ?? Buffer.alloc(0)
      const changed = Buffer.from(whole)
      changed[changed.length - 3] = 65
      for (const bytes of [changed, whole.subarray(0, -1), undefined]) {
        if (bytes === undefined) files.bytes.delete('a')
        else files.bytes.set('a', bytes)
        await failsWith(store.read(streamId, ALL), UNREADABLE)
        await failsWith(store.readBackwards(streamId, { limit: 1 }), UNREADABLE)
        await failsWith(store.load({ streamId, after: 0, limit: 1 }), UNREADABLE)
        same(await succeeds(store.version(streamId)), 2)
      }
      files.bytes.set('a', whole)
      same((await succeeds(store.read(streamId, ALL))).events.length, 2)
    },
    'is erased: its bytes are to be overwritten, and whoever writes it cannot finish': async (
      subject,
    ) => {
      const { operator, store } = subject
      const [filed, writing] = [await archivedStream(subject, 2), await archivedStream(subject, 1)]
      await moved(subject, 'a', [filed])
      const [listed] = (await succeeds(operator.archivedStreams({ ...ALL, where: 'files' })))
        .streams
      const { file = '', start = 0, length = 0 } = listed?.place ?? {}
      const place = { file, start, length }
      const range = await begun(subject, 'a', [writing], 'known')
      const erasure = await succeeds(operator.erase({ streamId: filed, by, why }))
      same([erasure.events, erasure.place], [2, place])
      same(await succeeds(operator.erase({ streamId: filed, by, why: 'again' })), erasure)
      same((await succeeds(operator.erase({ streamId: writing, by, why }))).place, undefined)
      await failsWith(operator.finishMoveToFile(await written(subject, 'a', range)), INVALID)
      for (const streamId of [filed, writing]) {
        const erased = { _tag: 'StreamErased', streamId }
        await failsWith(store.read(streamId, ALL), erased)
        await failsWith(store.load({ streamId, after: 0, limit: 1 }), erased)
        await failsWith(store.append(appendTo(streamId, 'any', numbered(1))), erased)
      }
      const unused = await succeeds(operator.unusedRanges())
      same(
        unused.map(({ start: from }) => from).toSorted((left, right) => left - right),
        [start, range.start],
      )
      same(await succeeds(operator.retired()), NOTHING)
      same(await idsIn(subject, 'files'), [])
    },
    'leaves out what is not in the archive of the store, and refuses arguments that are not valid':
      async (subject) => {
        const { operator } = subject
        const [open, streamId] = [await closedStream(subject, 1), await archivedStream(subject, 1)]
        const moving = { file: 'a', streams: [open, freshStream()], expects: 'new' } as const
        same(await succeeds(operator.beginMoveToFile(moving)), undefined)
        const wrong = [
          ...[{ file: '' }, { file: '../a' }, { file: 'a\\b' }, { file: '..' }, { streams: [] }],
          ...[{ streams: ['x'] }, { streams: [open, open] }],
        ]
        for (const one of wrong) {
          await failsWith(operator.beginMoveToFile({ ...moving, ...one }), INVALID)
        }
        const sound = await written(subject, 'a', await begun(subject, 'a', [streamId]))
        await failsWith(operator.finishMoveToFile({ ...sound, why: ' ' }), INVALID)
        await failsWith(operator.finishMoveToFile({ ...sound, by: '' }), INVALID)
        same(await idsIn(subject, 'files'), [])
        await succeeds(operator.finishMoveToFile(sound))
        await failsWith(operator.finishMoveToFile(sound), INVALID)
        same(await idsIn(subject, 'files'), [streamId])
      },
  },
}
