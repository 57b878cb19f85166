import * as E from 'fp-ts/Either'
import type { AppendRequest } from '../../core/append'
import type { ExpectedVersion } from '../../core/expected-version'
import type { StoreRange } from '../../core/ports/event-source'
import type { NewEvent } from '../../core/recorded-event'
import type { Random } from '../faults/random'
import { catchUp, TIMERS } from './workload-read-side'
import { type ClientWorld, COUNTED, INLINE, safely } from './workload-world'

const STREAMS = 6
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

/** The events of appends to several streams have one of these. */
const TAGS: readonly [string, string] = ['proof:even', 'proof:odd']

/**
 * Appends to some streams as one, at the versions that were loaded: now and then only looking at one of them, or on the
 * condition that nothing has come that has the same tag.
 */
const appendTogether = async <Transaction>(
  { backend: { store }, random }: ClientWorld<Transaction>,
  commandId: string,
): Promise<void> => {
  if (store.appendTogether === undefined || store.readMatching === undefined) return
  const tag = random.pick(TAGS)
  const query = [{ tags: [tag] }] as const
  const seen = random.chance(0.5)
    ? await safely(store.readMatching(query, { limit: 1_000 }))
    : undefined
  if (seen !== undefined && (E.isLeft(seen) || seen.right.more)) return
  const first = random.below(STREAMS)
  const streams: AppendRequest[] = []
  for (let index = 0; index < 2 + random.below(2); index++) {
    const streamId = `proof-${(first + index) % STREAMS}`
    const loaded = await safely(store.load({ streamId, after: 0, limit: 1_000 }))
    if (E.isLeft(loaded)) return
    const events = random.chance(0.2)
      ? []
      : eventsOf(random, 1).map((event) => ({ ...event, tags: [tag] }))
    const expectedVersion = random.chance(0.2) ? 'any' : loaded.right.version
    const commands = random.chance(0.3) ? [{ commandId, skip: 0, eventCount: events.length }] : []
    streams.push({ streamId, expectedVersion, events, commands })
  }
  const condition = seen === undefined ? {} : { condition: { query, sight: seen.right.sight } }
  await safely(store.appendTogether({ streams, ...condition }))
}

const readSomething = async <Transaction>({
  backend: { store, documents },
  random,
}: ClientWorld<Transaction>): Promise<void> => {
  const streamId = streamOf(random)
  const limit = random.pick([1, 3, 1_000])
  switch (random.below(6)) {
    case 0:
      await safely(store.read(streamId, { after: random.below(10), limit }))
      return
    case 1:
      await safely(store.load({ streamId, after: random.below(4), limit }))
      return
    case 2:
      await safely(store.read(streamId, { after: random.below(4), upTo: random.below(10), limit }))
      return
    case 3: {
      const before = random.chance(0.5) ? {} : { before: random.below(10) }
      await safely(store.readBackwards(streamId, { ...before, limit }))
      return
    }
    case 4:
      await safely(store.version(streamId))
      return
    case 5:
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
    if (action < 0.1) await appendTogether(world, `${name}/unit/${number}`)
    else if (action < 0.25) await appendBlindly(world)
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

/** Afterwards, when nothing goes wrong any more: everything is read once, and every subscription comes to its end. */
export const conclude = async <Transaction>(world: ClientWorld<Transaction>): Promise<void> => {
  const { backend, pause } = world
  const { store, documents, outbox } = backend
  await catchUp(world)
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
