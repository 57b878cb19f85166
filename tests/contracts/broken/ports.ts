import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { memory } from '../../../src/adapters/memory/backend'
import type { AfterAppend, EventStore, StreamPage } from '../../../src/core/ports/event-store'
import type { StoredEvent } from '../../../src/core/recorded-event'
import { answering, type BrokenStore } from './broken-store'

/** Changes the pages that are read backwards. */
const backwards = (change: (page: StreamPage) => StreamPage): EventStore =>
  answering(
    'readBackwards',
    ({ readBackwards }) =>
      (id, range) =>
        TE.map(change)(readBackwards(id, range)),
  )

/** Calls hooks in another way. */
const hooking = (
  change: (hook: AfterAppend, events: ReadonlyArray<StoredEvent>) => unknown,
): EventStore =>
  answering(
    'afterAppend',
    ({ afterAppend }) =>
      (hook) =>
        afterAppend({ ...hook, run: (events) => change(hook, events) }),
  )

/** A store whose hooks are called by its own append, before that answers. */
const within = (call: (hook: AfterAppend, events: ReadonlyArray<StoredEvent>) => unknown) => {
  const { store } = memory()
  const hooks = new Set<AfterAppend>()
  return {
    ...store,
    append: (request) => async () => {
      const answer = await store.append(request)()
      if (E.isLeft(answer) || request.events.length === 0) return answer
      const after = answer.right.version - request.events.length
      const page = await store.read(request.streamId, { after, limit: 100_000 })()
      if (E.isRight(page)) for (const hook of hooks) await call(hook, page.right.events)
      return answer
    },
    afterAppend: (hook) => {
      hooks.add(hook)
      return () => void hooks.delete(hook)
    },
  } satisfies EventStore
}

const HOOKS = 'hooks after appends'
const STREAM = 'reading a stream'
const SEARCH = 'searching the whole store'
const PAGES = 'each once, in order, in pages of any size'

export const brokenPorts: ReadonlyArray<BrokenStore> = [
  {
    defect: 'ignores the version up to which it is to read',
    store: () =>
      answering(
        'read',
        ({ read }) =>
          (id, { upTo: _upTo, ...range }) =>
            read(id, range),
      ),
    noticedBy: [
      `${STREAM}: reads up to a version, and says whether there is more up to there`,
      `${STREAM}: rejects a range that is none, and reads nothing`,
    ],
  },
  {
    defect: 'reads up to a version by cutting off the page, and says there is more',
    store: () =>
      answering(
        'read',
        ({ read }) =>
          (id, { upTo = Infinity, ...range }) =>
            TE.map(({ events, more }: StreamPage) => ({
              events: events.filter(({ version }) => version <= upTo),
              more,
            }))(read(id, range)),
      ),
    noticedBy: [`${STREAM}: reads up to a version, and says whether there is more up to there`],
  },
  {
    defect: 'reads the newest events oldest first',
    store: () => backwards(({ events, more }) => ({ events: events.toReversed(), more })),
    noticedBy: [
      `${STREAM}: reads backwards, in pages of any size, each event once`,
      `${STREAM}: gives the same events backwards as forwards`,
    ],
  },
  {
    defect: 'includes the version before which it is to read',
    store: () =>
      answering(
        'readBackwards',
        ({ readBackwards }) =>
          (id, { before, ...range }) =>
            readBackwards(id, before === undefined ? range : { ...range, before: before + 1 }),
      ),
    noticedBy: [`${STREAM}: reads the newest events, and those before a version`],
  },
  {
    defect: 'forgets the tags when it reads backwards',
    store: () =>
      answering(
        'readBackwards',
        ({ readBackwards }) =>
          (id, { tags: _tags, ...range }) =>
            readBackwards(id, range),
      ),
    noticedBy: [`${STREAM}: reads by tag up to a version, and backwards`],
  },
  {
    defect: 'answers the version that it has read first',
    store: () =>
      answering('version', ({ version }) => {
        const known = new Map<string, ReturnType<typeof version>>()
        return (id) => async () => {
          const first = known.get(id) ?? TE.fromEither(await version(id)())
          known.set(id, first)
          return first()
        }
      }),
    noticedBy: [`${STREAM}: says which version a stream has, over either connection`],
  },
  {
    defect: 'takes any stream id for its version',
    store: () =>
      answering(
        'version',
        ({ version }) =>
          (id) =>
            TE.orElse(() => TE.right(0))(version(id)),
      ),
    noticedBy: [`${STREAM}: rejects to read an invalid stream id`],
  },
  {
    defect: 'ignores the correlation id',
    store: () =>
      answering(
        'readAll',
        ({ readAll }) =>
          ({ correlationId: _correlationId, ...range }) =>
            readAll(range),
      ),
    noticedBy: [
      `${SEARCH}: finds the events of a correlation id and a tag, ${PAGES}`,
      `${SEARCH}: finds a correlation id from the very start of the store`,
      `${SEARCH}: rejects an empty correlation id`,
    ],
  },
  {
    defect: 'compares the beginning of a correlation id only',
    store: () => {
      const { store } = memory()
      const cut = (id: string): string => id.slice(0, 64)
      return {
        ...store,
        append: (request) =>
          store.append({
            ...request,
            events: request.events.map((event) => ({
              ...event,
              metadata:
                event.metadata.correlationId === undefined
                  ? event.metadata
                  : { ...event.metadata, correlationId: cut(event.metadata.correlationId) },
            })),
          }),
        readAll: (range) =>
          store.readAll(
            range.correlationId === undefined
              ? range
              : { ...range, correlationId: cut(range.correlationId) },
          ),
      }
    },
    noticedBy: [
      `${SEARCH}: finds the events of a correlation id that begins as another one does, ${PAGES}`,
    ],
  },
  {
    defect: 'includes the time before which it is to read',
    store: () =>
      answering(
        'readAll',
        ({ readAll }) =>
          ({ recordedBefore, ...range }) =>
            readAll(
              recordedBefore === undefined
                ? range
                : { ...range, recordedBefore: recordedBefore + 1 },
            ),
      ),
    noticedBy: [
      `${SEARCH}: finds the events from one time on, and before another one, to the millisecond`,
    ],
  },
  {
    defect: 'leaves out the time from which it is to read',
    store: () =>
      answering(
        'readAll',
        ({ readAll }) =>
          ({ recordedFrom, ...range }) =>
            readAll(
              recordedFrom === undefined ? range : { ...range, recordedFrom: recordedFrom + 1 },
            ),
      ),
    noticedBy: [
      `${SEARCH}: finds the events from one time on, and before another one, to the millisecond`,
    ],
  },
  {
    defect: 'calls its hooks before it answers',
    store: () => within((hook, events) => hook.run(events)),
    noticedBy: [`${HOOKS}: are called when the append has its answer, and do not delay it`],
  },
  {
    defect: 'fails an append when a hook does',
    store: () => within((hook, events) => void hook.run(events)),
    noticedBy: [`${HOOKS}: report what they throw, and fail nothing else`],
  },
  {
    defect: 'swallows what a hook throws',
    store: () =>
      hooking(({ run }, events) =>
        Promise.resolve(events)
          .then(run)
          .catch(() => undefined),
      ),
    noticedBy: [`${HOOKS}: report what they throw, and fail nothing else`],
  },
  {
    defect: 'calls a hook for each event',
    store: () => hooking(({ run }, events) => events.map((event) => run([event]))),
    noticedBy: [`${HOOKS}: are called once for each append, with what a read would give`],
  },
  {
    defect: 'keeps calling hooks that were taken back',
    store: () =>
      answering('afterAppend', ({ afterAppend }) => (hook) => {
        afterAppend(hook)
        return () => undefined
      }),
    noticedBy: [`${HOOKS}: are not called any more once they have been taken back`],
  },
  {
    defect: 'calls hooks for appends that it has refused',
    store: () => {
      const { store } = memory()
      const hooks = new Set<AfterAppend>()
      return {
        ...store,
        append: (request) => async () => {
          const answer = await store.append(request)()
          const events = request.events.map((event, index) => ({
            ...event,
            streamId: request.streamId,
            version: index + 1,
            position: index + 1,
            recordedAt: 0,
          }))
          for (const { run } of hooks) run(events)
          return answer
        },
        afterAppend: (hook) => {
          hooks.add(hook)
          return () => void hooks.delete(hook)
        },
      }
    },
    noticedBy: [`${HOOKS}: are not called for what stores no event`],
  },
]
