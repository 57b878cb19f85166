import assert from 'node:assert/strict'
import * as E from 'fp-ts/Either'
import { failsWith, numbersOf, same, succeeds } from '../store-contract/checks'
import {
  appendTo,
  atOnce,
  freshCategory,
  freshStream,
  freshTag,
  numbered,
} from '../store-contract/fixtures'
import { archiving, by, closedStream, NOTHING, outcomes, why } from './archived'
import { claimOne, heldStream, hold, registered, stepTo, type Suite } from './subject'

const ALL = { before: Number.MAX_SAFE_INTEGER, limit: 100 }

/** Closed streams that are moved out of the sight of followers. */
export const archivingStreams: Suite = {
  name: 'archiving',
  tests: {
    'takes it out of the sight of followers and of lists, and says how much is there': async (
      subject,
    ) => {
      const { operator, store } = subject
      const category = freshCategory()
      const [gone, stays] = [`${category}-a`, `${category}-b`]
      const none = await succeeds(operator.retired())
      same(none, NOTHING)
      await succeeds(store.append(appendTo(stays, 0, numbered(1))))
      await closedStream(subject, 2, gone)
      const range = { after: 0, limit: 100, categories: [category] }
      const before = await succeeds(store.readAll(range))
      same(await outcomes(subject, archiving([gone])), ['archived'])
      const after = await succeeds(store.readAll(range))
      same(
        after.events.map(({ streamId }) => streamId),
        [stays],
      )
      assert.ok(after.upTo >= before.upTo, 'the horizon does not go back')
      assert.ok(after.highest >= before.highest, 'nor does the highest position')
      same(after.lineage, before.lineage)
      const { positions } = await succeeds(store.append(appendTo(stays, 1, numbered(1, 4))))
      assert.ok((positions[0] ?? 0) > before.highest, 'no position is used again')
      const listed = await succeeds(store.streams({ after: '', limit: 100, category }))
      same(
        listed.map(({ streamId }) => streamId),
        [stays],
      )
      same(await succeeds(operator.retired()), {
        ...NOTHING,
        ...{ archivedStreams: 1, archivedEvents: 2 },
      })
    },
    'archives what is closed, and says of everything else why not, in the order that was asked':
      async (subject) => {
        const { operator, store } = subject
        const [erased, open, fine] = [await closedStream(subject, 1), freshStream(), freshStream()]
        await succeeds(operator.erase({ streamId: erased, by, why }))
        await succeeds(store.append(appendTo(open, 0, numbered(1))))
        await closedStream(subject, 2, fine)
        const asked = [fine, freshStream(), erased, open]
        same(await outcomes(subject, archiving(asked)), [
          'archived',
          'InvalidOperation',
          'StreamErased',
          'InvalidOperation',
        ])
        await succeeds(store.append(appendTo(open, 1, numbered(1))))
        same((await succeeds(operator.retired())).archivedStreams, 1)
      },
    'waits for no subscription, and archives nothing that one has not handled, or holds': async (
      subject,
    ) => {
      const { operator, store } = subject
      const category = freshCategory()
      const streamId = await closedStream(subject, 2, freshStream(category))
      const { events } = await succeeds(store.read(streamId, { after: 0, limit: 10 }))
      const [first = 0, last = 0] = events.map(({ position }) => position)
      await registered(subject, 'others', { categories: [freshCategory()] })
      await registered(subject, 'mails', { categories: [category] })
      const behind = [{ _tag: 'SubscriptionsBehind', streamId, subscriptions: ['mails'] }]
      const refusals = async () =>
        (await succeeds(operator.archive(archiving([streamId])))).map((answer) => {
          assert.ok(E.isLeft(answer), 'it is refused')
          const { message: _message, ...refusal } = answer.left
          return refusal
        })
      same(await refusals(), behind)
      const lease = await claimOne(subject, 'mails')
      await stepTo(subject, lease, first)
      same(await refusals(), behind)
      const next = await hold(subject, { ...lease, position: first }, heldStream(streamId, last))
      await stepTo(subject, next, last + 1)
      same(await refusals(), behind)
      same(await succeeds(store.version(streamId)), 2)
      await succeeds(operator.remove('mails', 'fenceOff'))
      same(await outcomes(subject, archiving([streamId])), ['archived'])
    },
    'refuses a stream whose events have tags, unless these may be left out': async (subject) => {
      const { operator, store } = subject
      const [streamId, plain, tag] = [freshStream(), freshStream(), freshTag()]
      const [one, other] = numbered(2)
      assert.ok(one !== undefined && other !== undefined)
      await succeeds(store.append(appendTo(streamId, 0, [{ ...one, tags: [tag] }, other])))
      await succeeds(operator.closeStream({ streamId, by, why }))
      await closedStream(subject, 1, plain)
      const both = [streamId, plain]
      same(await outcomes(subject, archiving(both)), ['InvalidOperation', 'archived'])
      const tagged = { after: 0, limit: 10, tags: [tag] }
      same(numbersOf((await succeeds(store.readAll(tagged))).events), [1])
      same(await outcomes(subject, archiving(both, { tagged: 'leaveOut' })), [
        'archived',
        'archived',
      ])
      same((await succeeds(store.readAll(tagged))).events, [])
      same(numbersOf((await succeeds(store.read(streamId, tagged))).events), [1])
      same(numbersOf((await succeeds(store.readBackwards(streamId, tagged))).events), [1])
      const none = { ...tagged, tags: [freshTag()] }
      same((await succeeds(store.read(streamId, none))).events, [])
    },
    'does it once, and writes it into the audit, however many ask at once': async (subject) => {
      const { operator } = subject
      const streamId = await closedStream(subject, 2)
      const answers = await atOnce(4, () => succeeds(operator.archive(archiving([streamId]))))
      const again = archiving([streamId], { by: 'other', why: 'again' })
      for (const answer of [...answers, await succeeds(operator.archive(again))]) {
        same(answer, answers[0])
      }
      const [answer] = answers[0] ?? []
      assert.ok(answer !== undefined && E.isRight(answer), 'it is archived')
      const { archivedAt, checksum, ...written } = answer.right
      same(written, { streamId, by, why, events: 2 })
      assert.match(checksum, /^[0-9a-f]{64}$/)
      const { entries } = await succeeds(operator.audit(ALL))
      const found = entries.filter(({ action }) => action === 'archive')
      same(
        found.map(({ operator: who, subject: of, outcome, at, detail }) => [
          ...[who, of, outcome, at],
          ...[detail['why'], detail['events'], detail['checksum']],
        ]),
        [[by, streamId, 'done', archivedAt, why, 2, checksum]],
      )
    },
    'lists the closed streams that are not in the archive, in the order of closing': async (
      subject,
    ) => {
      const { operator } = subject
      const category = freshCategory()
      const ids = ['c', 'a', 'd', 'b'].map((id) => `${category}-${id}`)
      for (const id of ids) await closedStream(subject, 1, id)
      await closedStream(subject, 1)
      await succeeds(operator.archive(archiving([`${category}-a`])))
      const first = await succeeds(operator.closedStreams({ after: 0, limit: 2, category }))
      const idsOf = (page: typeof first) => page.streams.map(({ streamId }) => streamId)
      same([idsOf(first), first.more], [[`${category}-c`, `${category}-d`], true])
      const after = first.streams.at(-1)?.sequence ?? 0
      const second = await succeeds(operator.closedStreams({ after, limit: 2, category }))
      same([idsOf(second), second.more], [[`${category}-b`], false])
      same(
        second.streams.map((one) => [one.by, one.why, one.version]),
        [[by, why, 1]],
      )
      const ofStream = (id: string) =>
        operator.closedStreams({ after: 0, limit: 9, streamId: `${category}-${id}` })
      same(idsOf(await succeeds(ofStream('d'))), [`${category}-d`])
      same(idsOf(await succeeds(ofStream('a'))), []) // in the archive
      const all = await succeeds(operator.closedStreams({ after: 0, limit: 10 }))
      same(all.streams.length, 4)
      const closedBefore = (all.streams[0]?.closedAt ?? 0) - 1
      same(
        (await succeeds(operator.closedStreams({ after: 0, limit: 9, closedBefore }))).streams,
        [],
      )
    },
    'can be erased afterwards, and nothing is left of it': async (subject) => {
      const { operator, store } = subject
      const streamId = await closedStream(subject, 2)
      await succeeds(operator.archive(archiving([streamId])))
      same((await succeeds(operator.erase({ streamId, by, why }))).events, 2)
      const erased = { _tag: 'StreamErased', streamId }
      await failsWith(store.read(streamId, { after: 0, limit: 1 }), erased)
      await failsWith(store.load({ streamId, after: 0, limit: 1 }), erased)
      await failsWith(store.append(appendTo(streamId, 'any', numbered(1))), erased)
      same(await succeeds(operator.retired()), NOTHING)
    },
    'refuses arguments that are not valid, and changes nothing': async (subject) => {
      const { operator, store } = subject
      const streamId = await closedStream(subject, 1)
      const wrong = [
        ...[{ by: '' }, { why: ' ' }, { streams: [] }, { streams: ['x'] }],
        { streams: [streamId, streamId] },
        { streams: Array.from({ length: 1_001 }, (_, index) => `a-${index}`) },
      ]
      for (const one of wrong) {
        await failsWith(operator.archive(archiving([streamId], one)), { _tag: 'InvalidOperation' })
      }
      same((await succeeds(operator.retired())).archivedStreams, 0)
      const { events } = await succeeds(store.readAll({ after: 0, limit: 100 }))
      same(events.length, 1)
    },
  },
}
