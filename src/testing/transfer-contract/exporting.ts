import assert from 'node:assert/strict'
import * as TE from 'fp-ts/TaskEither'
import { storeFailed } from '../../core/errors/store'
import type { ExportedLines } from '../../core/ports/transfer'
import { eventLine, parseLine } from '../../core/transfer/archive'
import { parseAny } from '../../core/transfer/rows'
import { eventsOf, failsWith, grow, same, succeeds } from '../store-contract/checks'
import {
  aMark,
  anEvent,
  appendTo,
  freshCategory,
  freshStream,
  numbered,
  taggedEvents,
} from '../store-contract/fixtures'
import { commandsOf, exportedOf, historic, imported, type Suite } from './subject'

/** What JSON, or a format of the store, may have to escape. */
const ODD_TEXTS: ReadonlyArray<string> = [
  'plain',
  'a "quoted" word',
  'back\\slash \\" \\\\ \\n \\N \\.',
  'controls \b\f\n\r\t\v\u0001\u001f\u007f',
  'ünïcödé 🎓 \u2028',
]

const positionOf = (line: string | undefined): number =>
  (JSON.parse(line ?? '{}') as { readonly position?: number }).position ?? 0

export const exporting: Suite = {
  name: 'exporting',
  tests: {
    'gives all events in the order of their positions, as they are stored, with their tags': async (
      subject,
    ) => {
      const category = freshCategory()
      const [one, other] = [freshStream(category), freshStream(category)]
      const tags = ['course:math', 'student:🎓', 'student:～'] // by code units
      await succeeds(subject.store.append(appendTo(one, 0, numbered(3))))
      await succeeds(subject.store.append(appendTo(other, 0, taggedEvents(tags, 'Tagged', 2))))
      const event = anEvent({ b: 1, a: [null] }, { actor: 'ann', extra: { z: 1 } })
      await succeeds(subject.store.append(appendTo(one, 3, [event])))
      const found = await exportedOf(subject, category)
      same(
        found.map(({ streamId, version }) => [streamId, version]),
        [
          ...[1, 2, 3].map((version) => [one, version]),
          ...[1, 2].map((version) => [other, version]),
          [one, 4],
        ],
      )
      assert.ok(grow(found.map(({ position }) => position)), 'positions grow')
      same(
        found.map((exported) => exported.tags),
        [[], [], [], tags, tags, []],
      )
      const stored = await eventsOf(subject.store, one)
      same(
        found
          .filter(({ streamId }) => streamId === one)
          .map(({ tags: _tags, ...exported }) => exported),
        stored,
      )
    },
    'gives only events after a position, and up to one': async (subject) => {
      const category = freshCategory()
      const stream = freshStream(category)
      const { positions } = await succeeds(subject.store.append(appendTo(stream, 0, numbered(5))))
      const [, after = 0, , upTo = 0] = positions
      const found: number[] = []
      await succeeds(
        subject.transfer.exportEvents({ after, upTo }, (page) =>
          TE.fromIO(() => void found.push(...page.map(({ position }) => position))),
        ),
      )
      same(found, positions.slice(2, 4))
    },
    'gives no page after one that could not be taken': async (subject) => {
      await succeeds(subject.store.append(appendTo(freshStream(), 0, numbered(2))))
      const { upTo } = await succeeds(subject.transfer.exportStart())
      let pages = 0
      const failure = storeFailed('Unavailable', 'nothingWritten', undefined, 'the disk is full')
      const task = subject.transfer.exportEvents({ after: 0, upTo }, () => {
        pages += 1
        return TE.left(failure)
      })
      await failsWith(task, { _tag: 'StoreFailed', reason: 'Unavailable' })
      assert.equal(pages, 1)
      // Nothing stays open: what comes next is not in its way.
      await succeeds(subject.store.append(appendTo(freshStream(), 0, numbered(1))))
    },
    'gives the same as lines of an archive, if it makes them itself': async (subject) => {
      const category = freshCategory()
      const stream = freshStream(category)
      const events = ODD_TEXTS.map((text, index) => ({
        ...anEvent({ number: index }),
        type: `T${text}`,
        data: { [text]: [text, { '': 1.5 }, [], null], ' a b ': `${text} : , ` },
        metadata: { actor: text },
        tags: index % 2 === 0 ? [] : ['zz', 'a"\\\t', '\u{1f393}', '\uffee'].toSorted(),
      }))
      const { positions } = await succeeds(subject.store.append(appendTo(stream, 0, events)))
      const odd = historic(`${category}-"\\ 🎓`, 1, 1, { tags: ['one'] })
      await imported(subject, { events: odd })
      const { upTo } = await succeeds(subject.transfer.exportStart())
      const range = { after: (positions[0] ?? 0) - 1, upTo }
      const [expected, lines]: [string[], string[]] = [[], []]
      await succeeds(
        subject.transfer.exportEvents(range, (page) =>
          TE.fromIO(() => {
            for (const event of page) expected.push(eventLine(event, event.position))
          }),
        ),
      )
      let [count, last] = [0, 0]
      const { exportLines } = subject.transfer
      if (exportLines === undefined) return
      const take = (page: ExportedLines) =>
        TE.fromIO(() => {
          lines.push(new TextDecoder('utf8', { fatal: true }).decode(page.lines))
          count += page.events
          last = page.last
        })
      await succeeds(exportLines(range, take))
      same(lines.join('').split('\n'), expected.join('').split('\n'))
      assert.equal(count, expected.length)
      assert.equal(last, positionOf(expected.at(-1)))
      const full = storeFailed('Unavailable', 'nothingWritten', undefined, 'the disk is full')
      await failsWith(
        exportLines(range, () => TE.left(full)),
        { _tag: 'StoreFailed', reason: 'Unavailable' },
      )
      await succeeds(exportLines({ after: upTo, upTo }, () => TE.left(full)))
    },
    'gives the same as rows of an archive, if it makes them itself': async (subject) => {
      const { exportEvents, exportRows, exportStart } = subject.transfer
      if (exportRows === undefined) return
      const before = await succeeds(exportStart())
      const data = { 'a\t\n': ['\\', '"', '\u{1f393}'] }
      const tags = ['a"\\\t', '\u{1f393}', '\uffee']
      const stream = `${freshCategory()}-"\\N \u{1f393}`
      await imported(subject, { events: historic(stream, 3, 1, { data, tags }) })
      const { upTo } = await succeeds(exportStart())
      const range = { after: before.upTo, upTo }
      const [expected, found]: [unknown[], unknown[]] = [[], []]
      let [count, last, lastExpected] = [0, 0, 0]
      await succeeds(
        exportEvents(range, (page) =>
          TE.fromIO(() => {
            for (const event of page) expected.push(parseLine(eventLine(event, event.position)))
            lastExpected = page.at(-1)?.position ?? lastExpected
          }),
        ),
      )
      await succeeds(
        exportRows(range, (page) =>
          TE.fromIO(() => {
            const text = new TextDecoder('utf8', { fatal: true }).decode(page.lines)
            for (const row of text.trimEnd().split('\n')) found.push(parseAny('rows', row))
            count += page.events
            last = page.last
          }),
        ),
      )
      same(found, expected)
      assert.equal(count, expected.length)
      assert.equal(last, lastExpected)
    },
    'gives the commands that were handled, page by page': async (subject) => {
      const stream = freshStream()
      const marks = [aMark('a', 1, 0, 'print'), aMark('b', 1, 1), aMark('c', 0, 2)]
      await succeeds(subject.store.append(appendTo(stream, 0, numbered(2), marks)))
      const found = await commandsOf(subject, stream, 1)
      same(found, [
        { streamId: stream, commandId: 'a', after: 0, eventCount: 1, fingerprint: 'print' },
        { streamId: stream, commandId: 'b', after: 1, eventCount: 1 },
        { streamId: stream, commandId: 'c', after: 2, eventCount: 0 },
      ])
    },
    'gives no command whose events it does not give': async (subject) => {
      const stream = freshStream()
      const { upTo } = await succeeds(subject.transfer.exportStart())
      await succeeds(subject.store.append(appendTo(stream, 0, numbered(1), [aMark('late', 1)])))
      const after = { streamId: stream, commandId: '' }
      const page = await succeeds(subject.transfer.exportCommands({ after, upTo, limit: 1 }))
      assert.ok(!page.some(({ streamId }) => streamId === stream), 'the command is too late')
    },
    'names the categories whose tags are complete': async (subject) => {
      const [complete, other] = [freshCategory(), freshCategory()]
      await succeeds(subject.store.append(appendTo(freshStream(other), 0, numbered(1))))
      await succeeds(subject.store.declareTags(complete))
      await succeeds(subject.store.declareTags(other))
      const { completeTags } = await succeeds(subject.transfer.exportStart())
      assert.ok(completeTags.includes(complete), 'the complete one is named')
      assert.ok(!completeTags.includes(other), 'the other one is not')
    },
  },
}
