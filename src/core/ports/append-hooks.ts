import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import type { Appended, AppendRequest } from '../append'
import { canonicalJson } from '../canonical-json'
import type { NewEvent, StoredEvent } from '../recorded-event'
import type { BoundaryStore } from './boundary-store'
import type { AfterAppend, StreamStore } from './event-store'

/** The hooks of a store: see {@link StreamStore.afterAppend}. */
export interface AppendHooks {
  readonly afterAppend: StreamStore['afterAppend']
  /**
   * An append of `requests`, after which the hooks are called. The events are copied when this is called, and only if
   * there is a hook. Fails as `append` does, and with nothing else: what a hook throws goes to its `onError`.
   *
   * @param appendedOf - what the answer says of each request, in their order.
   */
  readonly hooked: <Failure, Stored>(
    requests: ReadonlyArray<AppendRequest>,
    append: TaskEither<Failure, Stored>,
    appendedOf: (stored: Stored) => ReadonlyArray<Appended>,
  ) => TaskEither<Failure, Stored>
  /** The same for a whole `append`. While there is no hook it costs next to nothing. */
  readonly hookedAppend: (append: StreamStore['append']) => StreamStore['append']
  /** The same for appends that are decided on only once their locks are held. */
  readonly hookedLocked: (
    appendLocked: BoundaryStore['appendLocked'],
  ) => BoundaryStore['appendLocked']
}

const copied = ({ id, type, schemaVersion, data, metadata }: NewEvent): NewEvent => ({
  id,
  type,
  schemaVersion,
  data: canonicalJson(data),
  metadata: canonicalJson(metadata),
})

const storedEvents = (
  { streamId }: AppendRequest,
  events: ReadonlyArray<NewEvent>,
  { version, positions, recordedAt }: Appended,
): ReadonlyArray<StoredEvent> =>
  events.map((event, index) => ({
    ...event,
    streamId,
    version: version - events.length + index + 1,
    position: positions[index] ?? 0,
    recordedAt,
  }))

const ignored = (): undefined => undefined

/** What a hook does goes no further than its own `onError`. */
const call = ({ run, onError }: AfterAppend, events: ReadonlyArray<StoredEvent>): void => {
  const failed = (cause: unknown): void => void E.tryCatch(() => onError(cause), ignored)
  const called = E.tryCatch(
    () => run(events),
    (cause) => ({ cause }),
  )
  if (E.isLeft(called)) failed(called.left.cause)
  else void Promise.resolve(called.right).then(ignored, failed)
}

/**
 * The hooks of one store, for its adapter: it gives out `afterAppend`, and puts `hooked` around its appends.
 *
 * @param later - calls a function when the append has been answered: `setImmediate` from `node:timers`.
 *
 * @example
 * const { afterAppend, hookedAppend } = appendHooks(setImmediate)
 * const append: StreamStore['append'] = hookedAppend(insert)
 */
export const appendHooks = (later: (call: () => void) => unknown): AppendHooks => {
  const hooks = new Set<AfterAppend>()
  const made: AppendHooks = {
    afterAppend: ({ run, onError }) => {
      const hook = { run, onError } // one and the same may be registered twice
      hooks.add(hook)
      return () => void hooks.delete(hook)
    },
    hooked: (requests, append, appendedOf) => {
      if (hooks.size === 0) return append
      const copies = E.tryCatch(() => requests.map(({ events }) => events.map(copied)), ignored)
      if (E.isLeft(copies)) return append // it fails for the same reason
      return () =>
        append().then((answer) => {
          if (E.isLeft(answer)) return answer
          const appended = appendedOf(answer.right)
          const stored = requests.flatMap((request, index) => {
            const [events = [], one] = [copies.right[index], appended[index]]
            return one === undefined ? [] : storedEvents(request, events, one)
          })
          if (stored.length > 0) later(() => hooks.forEach((hook) => call(hook, stored)))
          return answer
        })
    },
    hookedAppend: (append) => (request) => () =>
      hooks.size === 0
        ? append(request)()
        : made.hooked([request], append(request), (appended) => [appended])(),
    hookedLocked: (appendLocked) => (likely, decide) => {
      let requests: ReadonlyArray<AppendRequest> = []
      const append = appendLocked(
        likely,
        (readMatching, subjectKeys) => () =>
          decide(readMatching, subjectKeys)().then((decided) => {
            if (E.isRight(decided)) requests = decided.right.streams
            return decided
          }),
      )
      return () =>
        append().then((answer) =>
          made.hooked(
            requests,
            () => Promise.resolve(answer),
            ({ streams }) => streams,
          )(),
        )
    },
  }
  return made
}
