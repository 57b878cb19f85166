import assert from 'node:assert/strict'
import type { StreamStore } from '../../core/ports/event-store'
import type { StoredEvent } from '../../core/recorded-event'
import type { StreamId } from '../../core/stream'
import { eventually } from '../eventually'
import { eventsOf, failsWith, same, succeeds } from './checks'
import { aMark, anEvent, appendTo, freshCommandId, freshStream, numbered } from './fixtures'
import type { Suite } from './suite'

/** Of an error of any realm. */
const message = (cause: unknown): unknown =>
  typeof cause === 'object' && cause !== null ? Reflect.get(cause, 'message') : cause

/** What a hook was called with, and what was reported of it, as far as it concerns one stream. */
export const listenTo = (
  store: StreamStore,
  streamId: StreamId,
  doing: () => unknown = () => undefined,
) => {
  const calls: ReadonlyArray<StoredEvent>[] = []
  const errors: unknown[] = []
  const stop = store.afterAppend({
    run: (events) => {
      if (events[0]?.streamId !== streamId) return undefined
      calls.push(events)
      return doing()
    },
    onError: (cause) => errors.push(cause),
  })
  return { calls, errors, stop }
}

/** Waits until there are so many, and expects no more. */
export const called = async (all: ReadonlyArray<unknown>, count: number): Promise<void> => {
  await eventually(`${count} calls of a hook`, () =>
    Promise.resolve(all.length >= count ? true : undefined),
  )
  assert.equal(all.length, count)
}

/** Hooks that are called after appends. */
export const appendHooks: Suite = {
  name: 'hooks after appends',
  tests: {
    'are called once for each append, with what a read would give': async ({ store }) => {
      const id = freshStream()
      const { calls, errors, stop } = listenTo(store, id)
      const odd = anEvent({ z: [{ zz: -0, a: 1 }], number: 3 }, { actor: 'ada' })
      await succeeds(store.append(appendTo(id, 0, numbered(2))))
      await succeeds(store.append(appendTo(id, 2, [odd])))
      await called(calls, 2)
      stop()
      same(calls.flat(), await eventsOf(store, id))
      same([calls.map((events) => events.length), errors], [[2, 1], []])
    },
    'are called when the append has its answer, and do not delay it': async ({ store }) => {
      const id = freshStream()
      let answered = false
      const { calls, errors, stop } = listenTo(store, id, () => {
        assert.ok(answered, 'the hook came before the answer')
        return new Promise(() => undefined)
      })
      const seen = listenTo(store, id)
      await succeeds(store.append(appendTo(id, 0, numbered(1))))
      answered = true
      await called(seen.calls, 1)
      stop()
      seen.stop()
      same([calls.length, errors], [1, []])
    },
    'report what they throw, and fail nothing else': async ({ store }) => {
      const id = freshStream()
      const thrown = listenTo(store, id, () => assert.fail('thrown'))
      const rejected = listenTo(store, id, () => Promise.reject(new Error('rejected')))
      const others = listenTo(store, id)
      const cruel = store.afterAppend({
        run: () => assert.fail('never mind'),
        onError: () => assert.fail('nor this'),
      })
      for (const version of [0, 1]) {
        same(
          (await succeeds(store.append(appendTo(id, version, numbered(1))))).version,
          version + 1,
        )
      }
      await called(others.calls, 2)
      await called(thrown.errors, 2)
      await called(rejected.errors, 2)
      same(thrown.errors.map(message), ['thrown', 'thrown'])
      same(rejected.errors.map(message), ['rejected', 'rejected'])
      for (const stop of [thrown.stop, rejected.stop, others.stop, cruel]) stop()
    },
    'are not called for what stores no event': async ({ store, second }) => {
      const [id, commandId] = [freshStream(), freshCommandId()]
      const { calls, stop } = listenTo(store, id)
      await failsWith(store.append(appendTo(id, 3, numbered(1))), { _tag: 'VersionConflict' })
      await failsWith(store.append(appendTo(id, -1, numbered(1))), { _tag: 'InvalidAppend' })
      await succeeds(store.append(appendTo(id, 0, [], [aMark(commandId, 0)])))
      const again = appendTo(id, 'any', numbered(1), [aMark(commandId, 1)])
      await failsWith(second.append(again), { _tag: 'CommandAlreadyHandled' })
      await failsWith(store.append(again), { _tag: 'CommandAlreadyHandled' })
      await succeeds(store.append(appendTo(id, 0, numbered(1, 7))))
      await called(calls, 1)
      stop()
      same(
        calls.flat().map(({ data }) => data),
        [{ number: 7 }],
      )
    },
    'are not called any more once they have been taken back': async ({ store }) => {
      const id = freshStream()
      const [one, other] = [listenTo(store, id), listenTo(store, id)]
      await succeeds(store.append(appendTo(id, 0, numbered(1))))
      await called(one.calls, 1)
      one.stop()
      one.stop()
      await succeeds(store.append(appendTo(id, 1, numbered(1))))
      await called(other.calls, 2)
      other.stop()
      assert.equal(one.calls.length, 1)
    },
    'are given what was appended, whatever the caller does to it afterwards': async ({ store }) => {
      const id = freshStream()
      const { calls, stop } = listenTo(store, id)
      const data = { number: 1 }
      const answer = succeeds(store.append(appendTo(id, 0, [anEvent(data)])))
      data.number = 2
      await answer
      await called(calls, 1)
      stop()
      same(calls.flat(), await eventsOf(store, id))
    },
  },
}
