import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import * as TE from 'fp-ts/TaskEither'
import type { View } from '../../core/algebra/view'
import type { AppendRequest } from '../../core/append'
import type { StoreFailed } from '../../core/errors/store'
import { handlerFailed } from '../../core/errors/subscription'
import type { ExpectedVersion } from '../../core/expected-version'
import type { Json } from '../../core/json'
import { partitionOf } from '../../core/partition'
import type { StoreRange } from '../../core/ports/event-store'
import type { InlineProjection } from '../../core/ports/inline-projection'
import type { TransactionDocuments } from '../../core/ports/projection-store'
import type { OutboxWrites } from '../../core/ports/outbox'
import type { HeldLease, NewSubscription } from '../../core/ports/subscription-store'
import type { NewEvent, StoredEvent } from '../../core/recorded-event'
import type { FaultyParts } from '../faults/inject-faults'
import type { Random } from '../faults/random'
import type { HistoryRecorder } from './recorder'
import type { HistoryRules, ReplayedEvent } from './stream-rules'

/** What a client of the workload works with. Everything that it asks for is recorded. */
export interface ClientWorld<Transaction> {
  readonly name: string
  readonly backend: FaultyParts<Transaction>
  readonly recorder: HistoryRecorder
  readonly random: Random
  readonly pause: (milliseconds: number) => Promise<void>
  /** Counts one operation; `false`: there were enough. */
  readonly goesOn: () => boolean
}

/** Works on a store until it is enough. What it is told is in the history; it never fails. */
export type Client<Transaction> = (world: ClientWorld<Transaction>) => Promise<void>

const STREAMS = 6
const INLINE = 'proof-inline'
const COUNTED = 'proof-counted'
const TIMERS = 'proof-timers'

/** The subscriptions of the workload. */
export const SUBSCRIPTION = 'proof-subscription'
const TIMER_SUBSCRIPTION = 'proof-timer-steps'
const PARTITIONS = 2
const LEASE = 40

const numberIn = (value: Json | undefined, key: string): number =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Number((value as Readonly<Record<string, Json>>)[key] ?? 0)
    : 0

/** The version of a stream, and a number that depends on the order of its events. */
const counted: View<Json, ReplayedEvent> = {
  initialState: { version: 0, sum: 0 },
  evolve: (state, { data }) => ({
    version: numberIn(state, 'version') + 1,
    sum: (numberIn(state, 'sum') * 31 + numberIn(data, 'number')) % 1_000_003,
  }),
}

/** What the documents of the workload are judged by. */
export const workloadRules: HistoryRules = {
  documents: [INLINE, COUNTED].map((collection) => ({
    collection,
    versionOf: (document) => numberIn(document, 'version'),
    view: counted,
    inline: collection === INLINE,
  })),
}

const count = (
  documents: TransactionDocuments,
  collection: string,
  event: StoredEvent,
): TaskEither<unknown, void> =>
  TE.flatMap((before: { readonly value: Json } | undefined) =>
    documents.put(
      collection,
      event.streamId,
      counted.evolve(before?.value ?? counted.initialState, event),
    ),
  )(documents.get(collection, event.streamId))

/** To be given to the backend when it is opened: one document for each stream. */
export const workloadInline: InlineProjection<unknown> = {
  name: INLINE,
  project: (events, _transaction, documents) => async () => {
    const keys = [...new Set(events.map(({ streamId }) => streamId))]
    const locked = await documents.lock(INLINE, keys)()
    if (E.isLeft(locked)) return locked
    for (const event of events) {
      const done = await count(documents, INLINE, event)()
      if (E.isLeft(done)) return done
    }
    return E.right(undefined)
  },
}

const streamOf = (random: Random): string => `proof-${random.below(STREAMS)}`

const newEvent = (random: Random, commandId?: string): NewEvent => ({
  id: random.uuid(),
  type: random.pick(['Counted', 'Noted']),
  schemaVersion: 1,
  data: {
    number: random.below(1_000),
    text: random.pick(['', 'a', 'Grüße', '𝒳 \n "quoted"']),
    nested: { list: [1, null, true] },
  },
  metadata: commandId === undefined ? {} : { commandId, correlationId: commandId },
})

const eventsOf = (random: Random, least: number, commandId?: string): ReadonlyArray<NewEvent> =>
  Array.from({ length: least + random.below(3) }, () => newEvent(random, commandId))

/** A call that may be thrown: a store should not, and a fault does. */
const safely = async <Failure, Result>(
  call: TaskEither<Failure, Result>,
): Promise<E.Either<Failure | undefined, Result>> => {
  try {
    return await call()
  } catch {
    return E.left(undefined)
  }
}

/** Appends without looking, at all kinds of expected versions. */
const appendBlindly = async <Transaction>({
  backend: { store },
  random,
}: ClientWorld<Transaction>): Promise<void> => {
  const guess = random.below(30)
  const expectedVersion = random.pick<ExpectedVersion>(['any', 'mustExist', 'mustNotExist', guess])
  const request = { expectedVersion, events: eventsOf(random, 1), commands: [] }
  await safely(store.append({ streamId: streamOf(random), ...request }))
}

/** As a command handler does: loads, decides, appends at that version; sends the command again until it is certain. */
const handleCommand = async <Transaction>(
  { backend: { store }, random, pause, goesOn }: ClientWorld<Transaction>,
  streamId: string,
  commandId: string,
): Promise<void> => {
  for (let attempt = 0; attempt < 8 && goesOn(); attempt++) {
    const loaded = await safely(store.load({ streamId, after: 0, commandId, limit: 1_000 }))
    if (E.isLeft(loaded)) {
      await pause(random.below(10))
      continue
    }
    if (loaded.right.handled !== undefined) return
    const events = random.chance(0.1) ? [] : eventsOf(random, 1, commandId)
    const request: AppendRequest = {
      streamId,
      expectedVersion: loaded.right.version,
      events,
      commands: [{ commandId, skip: 0, eventCount: events.length }],
    }
    const answer = await safely(store.append(request))
    if (E.isRight(answer) || answer.left?._tag === 'CommandAlreadyHandled') return
    await pause(random.below(5))
  }
}

const readSomething = async <Transaction>({
  backend: { store, documents },
  random,
}: ClientWorld<Transaction>): Promise<void> => {
  const streamId = streamOf(random)
  const limit = random.pick([1, 3, 1_000])
  switch (random.below(3)) {
    case 0:
      await safely(store.read(streamId, { after: random.below(10), limit }))
      return
    case 1:
      await safely(store.load({ streamId, after: random.below(4), limit }))
      return
    case 2:
      if (documents === undefined) return
      await safely(documents.get(random.pick([INLINE, COUNTED]), streamId))
  }
}

/** One that writes, and reads between. */
export const writer = async <Transaction>(world: ClientWorld<Transaction>): Promise<void> => {
  const { random, pause, goesOn, name } = world
  const sent: [streamId: string, commandId: string][] = []
  for (let number = 0; goesOn(); number++) {
    if (random.chance(0.2)) await pause(random.below(10))
    const action = random.next()
    const before = sent[random.below(sent.length)]
    if (action < 0.25) await appendBlindly(world)
    else if (action < 0.35 && before !== undefined) await handleCommand(world, ...before)
    else if (action < 0.7) {
      const command: [string, string] = [streamOf(random), `${name}/${number}`]
      sent.push(command)
      await handleCommand(world, ...command)
    } else await readSomething(world)
  }
}

/** One that reads the whole store, page after page, over and over from where it is. */
export const reader = async <Transaction>(world: ClientWorld<Transaction>): Promise<void> => {
  const { backend, random, pause, goesOn } = world
  const filter = random.pick<Pick<StoreRange, 'types' | 'categories'>>([
    {},
    { types: ['Noted'] },
    { categories: ['proof'] },
  ])
  const limit = random.pick([2, 7, 100])
  let after = 0
  while (goesOn()) {
    const page = await safely(backend.store.readAll({ after, limit, ...filter }))
    if (E.isRight(page)) after = page.right.upTo
    await pause(random.below(8))
  }
}

/** Makes one step of a partition; now and then it is frozen until its lease has run out. */
const step = async <Transaction>(
  { backend, recorder, random, pause }: ClientWorld<Transaction>,
  lease: HeldLease,
  limit = 5,
): Promise<boolean> => {
  const { store, subscriptions, documents } = backend
  if (subscriptions === undefined) return false
  const after = lease.position
  const page = await safely(store.readAll({ after, limit }))
  if (E.isLeft(page) || page.right.upTo === after) return false
  const { events, upTo } = page.right
  const mine = events.filter(
    ({ streamId }) => partitionOf(streamId, PARTITIONS) === lease.partition,
  )
  if (random.chance(limit === 5 ? 0.05 : 0)) await pause(LEASE * 3)
  const committed = subscriptions.commit({ lease, after }, (transaction) => async () => {
    for (const event of mine) {
      if (documents !== undefined) {
        const written = await count(documents.inTransaction(transaction), COUNTED, event)()
        if (E.isLeft(written)) {
          return E.left(handlerFailed(lease.subscription, event.position, written.left))
        }
      }
      recorder.handled(transaction, event)
    }
    return E.right({ position: upTo })
  })
  // Twice from the same place, as by an owner that has not noticed that it goes on: one of the two must be refused.
  const times = random.chance(0.1) ? 2 : 1
  const made = await Promise.all(Array.from({ length: times }, () => safely(committed)))
  return made.some(E.isRight)
}

/** One instance of a subscription, which shares its partitions with others. */
export const subscriber = async <Transaction>(world: ClientWorld<Transaction>): Promise<void> => {
  const { backend, name, random, pause, goesOn } = world
  const { subscriptions } = backend
  if (subscriptions === undefined) return
  await register(world, { name: SUBSCRIPTION, partitions: PARTITIONS, position: 0 })
  while (goesOn()) {
    const claim = await safely(subscriptions.claim(SUBSCRIPTION, name, LEASE))
    for (const lease of E.isRight(claim) ? claim.right.leases : []) await step(world, lease)
    await pause(random.below(10))
  }
}

const register = async <Transaction>(
  { backend: { subscriptions }, pause, goesOn }: ClientWorld<Transaction>,
  subscription: NewSubscription,
): Promise<void> => {
  if (subscriptions === undefined) return
  const registering = subscriptions.register(subscription)
  while (E.isLeft(await safely(registering)) && goesOn()) await pause(5)
}

/** One change of an outbox. */
const changeOutbox = (
  writes: OutboxWrites,
  key: string,
  random: Random,
): TaskEither<StoreFailed, void> => {
  const [timer, delay] = [random.pick(['one', 'two']), random.below(40)]
  const command = { process: TIMERS, key, id: random.uuid(), command: { timer }, metadata: {} }
  switch (random.below(5)) {
    case 0:
      return writes.add(command, { _tag: 'Now' })
    case 1:
      return writes.cancel(TIMERS, key, timer)
    case 2:
      return writes.cancelAll(TIMERS, key)
    default:
      return writes.add(command, { _tag: 'After', timer, delay })
  }
}

/** Puts commands and timers into the outbox, takes some back, and does what is due. */
export const timerKeeper = async <Transaction>(world: ClientWorld<Transaction>): Promise<void> => {
  const { backend, name, random, pause, goesOn } = world
  const { subscriptions, outbox } = backend
  if (subscriptions === undefined || outbox === undefined) return
  const subscription = `${TIMER_SUBSCRIPTION}/${name}`
  // Only its steps are of use: there are no events that it reads.
  const categories = [subscription]
  await register(world, { name: subscription, partitions: 1, position: 0, categories })
  while (goesOn()) {
    const claim = await safely(subscriptions.claim(subscription, name, 60_000))
    const lease = E.isRight(claim) ? claim.right.leases[0] : undefined
    const due = await safely(outbox.takeDue(TIMERS, 100))
    if (random.chance(0.5)) await pause(random.below(8))
    if (lease === undefined) continue
    const done = E.isRight(due) ? due.right.map(({ id }) => id) : []
    const keys = Array.from({ length: 1 + random.below(3) }, () => `key-${random.below(3)}`)
    const committed = subscriptions.commit(
      { lease, after: lease.position },
      (transaction) => async () => {
        const writes = outbox.inTransaction(transaction)
        const finished = await writes.done(TIMERS, done)()
        if (E.isLeft(finished)) return finished
        for (const key of keys) {
          const changed = await changeOutbox(writes, key, random)()
          if (E.isLeft(changed)) return changed
        }
        return E.right({ position: lease.position + 1 })
      },
    )
    await safely(committed)
  }
}

/** Afterwards, when nothing goes wrong any more: everything is read once, and every subscription comes to its end. */
export const conclude = async <Transaction>(world: ClientWorld<Transaction>): Promise<void> => {
  const { backend, name, pause } = world
  const { store, subscriptions, documents, outbox } = backend
  if (subscriptions !== undefined) {
    await register(world, { name: SUBSCRIPTION, partitions: PARTITIONS, position: 0 })
    for (let idle = 0; idle < 3;) {
      const claim = await safely(subscriptions.claim(SUBSCRIPTION, name, LEASE * 1_000))
      const leases = E.isRight(claim) ? claim.right.leases : []
      let moved = false
      for (const lease of leases) moved = (await step(world, lease, 100)) || moved
      const hasAll = leases.length === PARTITIONS
      idle = moved || !hasAll ? 0 : idle + 1
      if (!hasAll) await pause(LEASE) // what others have leased runs out
    }
  }
  for (let after = 0, more = true; more;) {
    const page = await safely(store.readAll({ after, limit: 100 }))
    if (E.isLeft(page)) {
      await pause(5)
      continue
    }
    more = page.right.more
    after = page.right.upTo
  }
  for (let stream = 0; stream < STREAMS; stream++) {
    const streamId = `proof-${stream}`
    await safely(store.load({ streamId, after: 0, limit: 1_000_000 }))
    if (documents === undefined) continue
    for (const collection of [INLINE, COUNTED]) await safely(documents.get(collection, streamId))
  }
  if (outbox === undefined) return
  await pause(60)
  await safely(outbox.takeDue(TIMERS, 1_000_000))
}
