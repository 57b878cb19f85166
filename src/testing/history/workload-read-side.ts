import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import type { StoreFailed } from '../../core/errors/store'
import { handlerFailed } from '../../core/errors/subscription'
import { partitionOf } from '../../core/partition'
import type { OutboxWrites } from '../../core/ports/outbox'
import type { HeldLease, NewSubscription } from '../../core/ports/subscription-store'
import type { Random } from '../faults/random'
import { type ClientWorld, count, COUNTED, safely } from './workload-world'

/** The subscription of the workload. */
export const SUBSCRIPTION = 'proof-subscription'
const TIMER_SUBSCRIPTION = 'proof-timer-steps'
/** The process manager whose outbox is used. */
export const TIMERS = 'proof-timers'
const PARTITIONS = 2
const LEASE = 40

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
  }
  return writes.add(command, { _tag: 'After', timer, delay })
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

/** Afterwards: one instance takes all partitions over, and comes to the end of the store. */
export const catchUp = async <Transaction>(world: ClientWorld<Transaction>): Promise<void> => {
  const { backend, name, pause } = world
  const { subscriptions } = backend
  if (subscriptions === undefined) return
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
