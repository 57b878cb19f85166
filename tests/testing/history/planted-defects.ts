import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { type EventStore, type StoredEvent, versionConflict, storeFailed } from 'reprise/adapter'
import { memory, type MemoryTransaction } from 'reprise/memory'
import { type BrokenPromise, type Random, type StoreUnderProof } from 'reprise/testing'

type Parts = Required<Omit<StoreUnderProof<MemoryTransaction>, 'crash'>>
type Plant = (sound: Parts, random: Random) => Partial<Parts>

/** A backend with one defect, and what the judge must call it. */
export interface PlantedDefect {
  readonly defect: string
  readonly plant: Plant
  /** One of these is enough. */
  readonly foundAs: ReadonlyArray<BrokenPromise>
}

/** A sound backend in memory. */
export const soundParts = (options: Parameters<typeof memory>[0]): Parts => {
  const { store, subscriptions, documents, outbox } = memory({ lineage: 'proof', ...options })
  return { store, subscriptions, documents, outbox, close: () => Promise.resolve() }
}

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

const inStore =
  (change: (store: EventStore, random: Random) => Partial<EventStore>): Plant =>
  ({ store }, random) => ({ store: { ...store, ...change(store, random) } })

const inSubscriptions =
  (
    change: (store: Parts['subscriptions'], random: Random) => Partial<Parts['subscriptions']>,
  ): Plant =>
  ({ subscriptions }, random) => ({
    subscriptions: { ...subscriptions, ...change(subscriptions, random) },
  })

type Writes = ReturnType<Parts['outbox']['inTransaction']>

const inWrites =
  (change: (writes: Writes, random: Random) => Partial<Writes>): Plant =>
  ({ outbox }, random) => ({
    outbox: {
      ...outbox,
      inTransaction: (transaction) => {
        const writes = outbox.inTransaction(transaction)
        return { ...writes, ...change(writes, random) }
      },
    },
  })

/** Changes the events of every page of a stream. */
const inPages = (change: (events: ReadonlyArray<StoredEvent>) => ReadonlyArray<StoredEvent>) =>
  inStore((store) => ({
    read: (id, range) =>
      TE.map((page: { readonly events: ReadonlyArray<StoredEvent>; readonly more: boolean }) => ({
        ...page,
        events: change(page.events),
      }))(store.read(id, range)),
    load: (request) =>
      pipe(
        store.load(request),
        TE.map((loaded) => ({ ...loaded, events: change(loaded.events) })),
      ),
  }))

const appends: ReadonlyArray<PlantedDefect> = [
  {
    defect: 'appends whatever its condition says',
    plant: ({ store }) => ({
      store: { ...store, appendTogether: ({ streams }) => store.appendTogether!({ streams }) },
    }),
    foundAs: ['ConditionIgnored'],
  },
  {
    defect: 'acknowledges an append now and then without storing it',
    plant: inStore((store, random) => ({
      append: (request) => async () => {
        if (!random.chance(0.05)) return store.append(request)()
        const loaded = await store.load({ streamId: request.streamId, after: 0, limit: 1 })()
        const before = E.isRight(loaded) ? loaded.right.version : 0
        return E.right({
          version: before + request.events.length,
          positions: request.events.map((_, index) => 100_000 + index),
          recordedAt: 0,
        })
      },
    })),
    foundAs: ['EventLost', 'TwoEventsAtOneVersion', 'StaleAnswer'],
  },
  {
    defect: 'stores the events of an append twice',
    plant: inStore((store, random) => ({
      append: (request) =>
        store.append(
          random.chance(0.1)
            ? { ...request, events: [...request.events, ...request.events] }
            : request,
        ),
    })),
    foundAs: ['EventDoubled', 'ExpectationIgnored'],
  },
  {
    defect: 'reverses the events of an append',
    plant: inStore((store) => ({
      append: (request) => store.append({ ...request, events: request.events.toReversed() }),
    })),
    foundAs: ['TwoEventsAtOneVersion'],
  },
  {
    defect: 'stores the events of an append one by one',
    plant: inStore((store) => ({
      append: (request) => async () => {
        const [first, ...rest] = request.events
        if (first === undefined || rest.length === 0) return store.append(request)()
        const begun = await store.append({ ...request, events: [first], commands: [] })()
        if (E.isLeft(begun)) return begun
        await tick()
        const ended = await store.append({ ...request, expectedVersion: 'any', events: rest })()
        const { right } = begun
        return E.isLeft(ended)
          ? ended
          : E.right({
              ...ended.right,
              positions: [...right.positions, ...ended.right.positions],
            })
      },
    })),
    foundAs: ['AppendTornApart', 'TwoEventsAtOneVersion'],
  },
  {
    defect: 'stores an append that it then refuses',
    plant: inStore((store, random) => ({
      append: (request) => async () => {
        const answer = await store.append(request)()
        if (E.isLeft(answer) || !random.chance(0.05)) return answer
        return E.left(versionConflict(request.streamId, request.expectedVersion, 99))
      },
    })),
    foundAs: ['RefusedEventStored'],
  },
  {
    defect: 'says that nothing was written, and writes it later',
    plant: inStore((store, random) => ({
      append: (request) => async () => {
        if (!random.chance(0.05)) return store.append(request)()
        void tick().then(store.append(request))
        return E.left(storeFailed('TimedOut', 'nothingWritten', undefined))
      },
    })),
    foundAs: ['RefusedEventStored'],
  },
  {
    defect: 'adds an event that no client has sent',
    plant: inStore((store, random) => ({
      append: (request) => async () => {
        const [first] = request.events
        if (first !== undefined && random.chance(0.05)) {
          const events = [{ ...first, id: random.uuid() }]
          await store.append({ ...request, expectedVersion: 'any', events, commands: [] })()
        }
        return store.append(request)()
      },
    })),
    foundAs: ['UnknownEvent'],
  },
  {
    defect: 'loses a key of the data',
    plant: inStore((store) => ({
      append: (request) =>
        store.append({
          ...request,
          events: request.events.map(({ data: { text: _text, ...data }, ...event }) => ({
            ...event,
            data,
          })),
        }),
    })),
    foundAs: ['EventChanged'],
  },
  {
    defect: 'does not look at the expected version',
    plant: inStore((store) => ({
      append: (request) => store.append({ ...request, expectedVersion: 'any' }),
    })),
    foundAs: ['ExpectationIgnored'],
  },
  {
    defect: 'refuses an append at the version that was expected',
    plant: inStore((store, random) => ({
      append: (request) => async () => {
        const { streamId, expectedVersion } = request
        const loaded = await store.load({ streamId, after: 0, limit: 1 })()
        const version = E.isRight(loaded) ? loaded.right.version : 0
        if (!random.chance(0.1)) return store.append(request)()
        return E.left(versionConflict(streamId, expectedVersion, version))
      },
    })),
    foundAs: ['RefusedWithoutReason'],
  },
]

const reads: ReadonlyArray<PlantedDefect> = [
  {
    defect: 'answers a load from a cache that may be old',
    plant: inStore((store, random) => {
      const cache = new Map<string, Awaited<ReturnType<ReturnType<EventStore['load']>>>>()
      return {
        load: (request) => async () => {
          const key = JSON.stringify({ ...request, commandId: undefined })
          const known = cache.get(key)
          if (known !== undefined && random.chance(0.3)) return known
          const fresh = await store.load(request)()
          cache.set(key, fresh)
          return fresh
        },
      }
    }),
    foundAs: ['StaleAnswer', 'CommandForgotten'],
  },
  {
    defect: 'leaves out the last event of a page of a stream',
    plant: inPages((events) => (events.length > 2 ? events.slice(0, -1) : events)),
    foundAs: ['BrokenPage'],
  },
  {
    defect: 'leaves out the newest event of a page that is read backwards',
    plant: inStore((store) => ({
      readBackwards: (streamId, range) =>
        pipe(
          store.readBackwards(streamId, range),
          TE.map((page) => ({
            ...page,
            events: page.events.slice(page.events.length > 2 ? 1 : 0),
          })),
        ),
    })),
    foundAs: ['BrokenPage', 'StaleAnswer'],
  },
  {
    defect: 'reads past the version up to which it is to read',
    plant: inStore((store) => ({
      read: (streamId, { upTo: _upTo, ...range }) => store.read(streamId, range),
    })),
    foundAs: ['BrokenPage'],
  },
  {
    defect: 'answers versions that may be old',
    plant: inStore((store, random) => {
      const known = new Map<string, Awaited<ReturnType<ReturnType<EventStore['version']>>>>()
      return {
        version: (streamId) => async () => {
          const before = known.get(streamId)
          if (before !== undefined && random.chance(0.5)) return before
          const fresh = await store.version(streamId)()
          known.set(streamId, fresh)
          return fresh
        },
      }
    }),
    foundAs: ['StaleAnswer'],
  },
  {
    defect: 'gives other positions with a stream than with the store',
    plant: inPages((events) => events.map((event) => ({ ...event, position: event.version }))),
    foundAs: ['PositionsDisagree'],
  },
  {
    defect: 'goes past an event that becomes visible late',
    plant: inStore((store, random) => ({
      readAll: (range) =>
        pipe(
          store.readAll(range),
          TE.map((page) =>
            page.events.length > 1 && random.chance(0.1)
              ? { ...page, events: page.events.slice(0, -1) }
              : page,
          ),
        ),
    })),
    foundAs: ['EventSkipped'],
  },
  {
    defect: 'gives the events of a page of the store in another order',
    plant: inStore((store) => ({
      readAll: (range) =>
        pipe(
          store.readAll(range),
          TE.map((page) => ({ ...page, events: page.events.toReversed() })),
        ),
    })),
    foundAs: ['BrokenPage'],
  },
]

const commands: ReadonlyArray<PlantedDefect> = [
  {
    defect: 'does not keep the ids of commands',
    plant: inStore((store) => ({
      append: (request) =>
        store.append(request.events.length === 0 ? request : { ...request, commands: [] }),
    })),
    foundAs: ['CommandForgotten', 'CommandHandledTwice'],
  },
  {
    defect: 'keeps the id of a command for the next ten appends only',
    plant: inStore((store) => {
      const recent: string[] = []
      return {
        append: (request) => async () => {
          const answer = await store.append(request)()
          for (const { commandId } of request.commands) recent.push(commandId)
          return answer
        },
        load: (request) =>
          pipe(
            store.load(request),
            TE.map(({ handled, ...loaded }) =>
              handled !== undefined && recent.slice(-10).includes(request.commandId ?? '')
                ? { ...loaded, handled }
                : loaded,
            ),
          ),
      }
    }),
    foundAs: ['CommandForgotten'],
  },
  {
    defect: 'remembers other events than those of the command',
    plant: inStore((store) => ({
      load: (request) =>
        pipe(
          store.load(request),
          TE.map(({ handled, ...loaded }) =>
            handled === undefined
              ? loaded
              : { ...loaded, handled: { ...handled, eventCount: handled.eventCount + 1 } },
          ),
        ),
    })),
    foundAs: ['CommandForgotten'],
  },
]

const subscriptions: ReadonlyArray<PlantedDefect> = [
  {
    defect: 'saves a step whoever owns the partition',
    plant: inSubscriptions((store) => {
      const newest = new Map<string, number>()
      const keyOf = (name: string, partition: number) => `${name}/${partition}`
      return {
        claim: (name, instance, duration) =>
          pipe(
            store.claim(name, instance, duration),
            TE.map((claim) => {
              for (const { partition, token } of claim.leases) {
                newest.set(keyOf(name, partition), token)
              }
              return claim
            }),
          ),
        commit: ({ lease, after }, work) =>
          store.commit(
            {
              lease: {
                ...lease,
                token: newest.get(keyOf(lease.subscription, lease.partition)) ?? lease.token,
              },
              after,
            },
            work,
          ),
      }
    }),
    foundAs: ['FencedStepSaved'],
  },
  {
    defect: 'saves a step wherever the checkpoint is',
    plant: inSubscriptions((store) => {
      const reached = new Map<string, number>()
      return {
        commit: (from, work) => async () => {
          const key = `${from.lease.subscription}/${from.lease.partition}`
          let position = from.after
          const start = { ...from, after: reached.get(key) ?? from.after }
          const committed = await store.commit(start, (transaction) => async () => {
            const worked = await work(transaction)()
            if (E.isRight(worked)) ({ position } = worked.right)
            return worked
          })()
          if (E.isRight(committed)) reached.set(key, position)
          return committed
        },
      }
    }),
    foundAs: ['StepSavedTwice', 'CheckpointMoved'],
  },
  {
    defect: 'does not raise the token with the owner',
    plant: inSubscriptions((store) => ({
      claim: (name, instance, duration) =>
        pipe(
          store.claim(name, instance, duration),
          TE.map((claim) => ({
            ...claim,
            leases: claim.leases.map((lease) => ({ ...lease, token: 1 })),
          })),
        ),
    })),
    foundAs: ['TokenGivenTwice'],
  },
  {
    defect: 'commits the effect and forgets the checkpoint',
    plant: inSubscriptions((store, random) => ({
      commit: (from, work) => async () => {
        if (!random.chance(0.2)) return store.commit(from, work)()
        return store.commit(from, (transaction) => async () => {
          const worked = await work(transaction)()
          return E.isRight(worked) ? E.right({ position: from.after }) : worked
        })()
      },
    })),
    foundAs: ['StepSavedTwice', 'CheckpointMoved', 'DocumentDiffers'],
  },
  {
    defect: 'saves the checkpoint and loses the effect',
    plant: ({ subscriptions: store }, random) => ({
      subscriptions: {
        ...store,
        commit: (from, work) => async () => {
          if (!random.chance(0.2)) return store.commit(from, work)()
          let position = from.after
          await store.commit(from, (transaction) => async () => {
            const worked = await work(transaction)()
            if (E.isRight(worked)) position = worked.right.position
            return E.left(storeFailed('TransactionRefused', 'nothingWritten', undefined))
          })()
          return store.save({ ...from, position })()
        },
      },
    }),
    foundAs: ['DocumentDiffers', 'OutboxCommandLost'],
  },
]

const documents: ReadonlyArray<PlantedDefect> = [
  {
    defect: 'loses an update of a document',
    plant: ({ documents: store }, random) => ({
      documents: {
        ...store,
        inTransaction: (transaction) => {
          const inside = store.inTransaction(transaction)
          return {
            ...inside,
            put: (collection, key, value) =>
              random.chance(0.1) ? TE.right(undefined) : inside.put(collection, key, value),
          }
        },
      },
    }),
    foundAs: ['DocumentDiffers'],
  },
  {
    defect: 'answers with an old document',
    plant: ({ documents: store }, random) => {
      const old = new Map<string, Awaited<ReturnType<ReturnType<typeof store.get>>>>()
      return {
        documents: {
          ...store,
          get: (collection, key) => async () => {
            const known = old.get(`${collection}/${key}`)
            if (known !== undefined && random.chance(0.3)) return known
            const fresh = await store.get(collection, key)()
            old.set(`${collection}/${key}`, fresh)
            return fresh
          },
        },
      }
    },
    foundAs: ['StaleAnswer', 'EventLost'], // as if it were lost, if nobody is given the new one afterwards
  },
]

const outboxes: ReadonlyArray<PlantedDefect> = [
  {
    defect: 'gives a command again after it was done',
    plant: inWrites(() => ({ done: () => TE.right(undefined) })),
    foundAs: ['OutboxCommandGivenTwice'],
  },
  {
    defect: 'lets a timer go off that was taken back',
    plant: inWrites(() => ({
      cancelAll: () => TE.right(undefined),
      cancel: () => TE.right(undefined),
    })),
    foundAs: ['CancelledTimerGiven'],
  },
  {
    defect: 'keeps a timer beside the one that takes its place',
    plant: inWrites(({ add }) => ({
      add: (request, due) =>
        add(request, due._tag === 'After' ? { ...due, timer: request.id } : due),
    })),
    foundAs: ['CancelledTimerGiven'],
  },
  {
    defect: 'lets a timer go off before its time',
    plant: inWrites(({ add }) => ({
      add: (request, due) => add(request, due._tag === 'After' ? { ...due, delay: 0 } : due),
    })),
    foundAs: ['TimerTooEarly'],
  },
  {
    defect: 'loses a command of the outbox',
    plant: inWrites(({ add }, random) => ({
      add: (request, due) => (random.chance(0.2) ? TE.right(undefined) : add(request, due)),
    })),
    foundAs: ['OutboxCommandLost'],
  },
]

export const plantedDefects: ReadonlyArray<PlantedDefect> = [
  ...appends,
  ...reads,
  ...commands,
  ...subscriptions,
  ...documents,
  ...outboxes,
]
