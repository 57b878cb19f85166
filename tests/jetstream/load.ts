import * as E from 'fp-ts/Either'
import type { StoreFailed } from '../../src/core/errors/store'
import type { EventStore } from '../../src/core/ports/event-store'
import type { StoredEvent } from '../../src/core/recorded-event'
import type { HistoryEntry } from '../../src/testing/history/entries'
import { recordedStore } from '../../src/testing/history/recorded-store'
import { historyRecorder } from '../../src/testing/history/recorder'
import { aMark, anEvent, appendTo } from '../../src/testing/store-contract/fixtures'

export const CALLERS = Number(process.env['REPRISE_JETSTREAM_CALLERS'] ?? 64)
export const STREAMS = 48
export const CATEGORY = 'kills'

export const pause = (milliseconds: number) =>
  new Promise((resolve) => {
    setTimeout(resolve, milliseconds)
  })

/** Why an append was not answered with a version, with its cause, but without what differs from one to the next. */
const reasonOf = (error: { readonly _tag: string }): string => {
  if (error._tag !== 'StoreFailed') return error._tag
  const { reason, outcome, cause } = error as StoreFailed
  const text = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause)
  return `${reason}, ${outcome} (${text.replaceAll(/\d+/g, 'N')})`
}

/** Callers that append with an id, each until its answer is definite; readers of streams; a reader of the whole store. */
export const startLoad = (
  stores: ReadonlyArray<EventStore>,
  write: (entry: HistoryEntry) => void,
) => {
  const recorder = historyRecorder({ write })
  const acknowledged = new Map<string, string>()
  const times: number[] = []
  const durations: number[] = []
  const failures = new Map<string, number>()
  let stopping = false
  const storeOf = (index: number, name: string): EventStore =>
    recordedStore(recorder, name, stores[index % stores.length] as EventStore)

  const caller = async (index: number): Promise<void> => {
    const store = storeOf(index, `caller ${index}`)
    for (let count = 0; !stopping; count++) {
      const streamId = `${CATEGORY}-${(index * 7 + count) % STREAMS}`
      const commandId = `c${index}.${count}`
      const began = performance.now()
      for (;;) {
        // As a category does that sends a command again: decided again, with the same id.
        const events = [anEvent({ index, count }, { commandId })]
        const request = appendTo(streamId, 'any', events, [aMark(commandId, 1)])
        const answer = await store.append(request)()
        if (E.isRight(answer) || answer.left._tag === 'CommandAlreadyHandled') break
        const reason = reasonOf(answer.left)
        failures.set(reason, (failures.get(reason) ?? 0) + 1)
        await pause(20)
      }
      durations.push(performance.now() - began)
      times.push(performance.now())
      acknowledged.set(commandId, streamId)
    }
  }
  const reader = async (index: number): Promise<void> => {
    const store = storeOf(index, `reader ${index}`)
    for (let count = 0; !stopping; count++) {
      const streamId = `${CATEGORY}-${(index * 11 + count) % STREAMS}`
      const loaded = await store.load({ streamId, after: 0, limit: 100_000 })()
      if (E.isLeft(loaded)) await pause(20)
      await pause(25)
    }
  }
  const followed: StoredEvent[] = []
  const follower = async (): Promise<void> => {
    const store = storeOf(stores.length - 1, 'follower')
    for (let after = 0; !stopping;) {
      const page = await store.readAll({ after, limit: 200, categories: [CATEGORY] })()
      if (E.isRight(page)) {
        followed.push(...page.right.events)
        after = page.right.upTo
        if (page.right.more) continue
      }
      await pause(10)
    }
  }
  const working = Promise.all([
    ...Array.from({ length: CALLERS }, (_, index) => caller(index)),
    ...[0, 1, 2].map(reader),
    follower(),
  ])
  return {
    acknowledged,
    times,
    durations,
    followed,
    recorder,
    failures,
    stop: async () => {
      stopping = true
      await working
    },
  }
}
