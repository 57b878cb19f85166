import type { AppendRequest, CommandMark } from '../../core/append'
import type { ExpectedVersion } from '../../core/expected-version'
import type { JsonObject } from '../../core/json'
import type { Metadata } from '../../core/metadata'
import type { StoredSnapshot } from '../../core/ports/event-store'
import type { NewEvent } from '../../core/recorded-event'
import type { StreamId } from '../../core/stream'

const unique = (): string => crypto.randomUUID().replaceAll('-', '')

/** The name of an unused category. */
export const freshCategory = (): string => `contract${unique()}`

/** The id of an unused stream. */
export const freshStream = (category: string = freshCategory()): StreamId =>
  `${category}-${unique()}`

/** An unused tag. */
export const freshTag = (): string => `tag:${unique()}`

/** Events with tags, which carry the numbers from `first`. */
export const taggedEvents = (
  tags: ReadonlyArray<string>,
  type = 'Counted',
  count = 1,
  first = 1,
): ReadonlyArray<NewEvent> =>
  Array.from({ length: count }, (_, index) => ({
    ...anEvent({ number: first + index }, {}, type),
    tags: tags.toSorted(),
  }))

/** An unused command id. */
export const freshCommandId = (): string => crypto.randomUUID()

export const anEvent = (data: JsonObject, metadata: Metadata = {}, type = 'Counted'): NewEvent => ({
  id: crypto.randomUUID(),
  type,
  schemaVersion: 1,
  data,
  metadata,
})

/** Events that carry the numbers from `first`, one after another. */
export const numbered = (count: number, first = 1): ReadonlyArray<NewEvent> =>
  Array.from({ length: count }, (_, index) => anEvent({ number: first + index }))

export const appendTo = (
  streamId: StreamId,
  expectedVersion: ExpectedVersion,
  events: ReadonlyArray<NewEvent>,
  commands: ReadonlyArray<CommandMark> = [],
): AppendRequest => ({ streamId, expectedVersion, events, commands })

export const aMark = (
  commandId: string,
  eventCount: number,
  skip = 0,
  fingerprint?: string,
): CommandMark => ({
  commandId,
  skip,
  eventCount,
  fingerprint,
})

export const aSnapshot = (
  streamId: StreamId,
  version: number,
  schemaVersion = 1,
): StoredSnapshot => ({ streamId, version, schemaVersion, state: { at: version, schemaVersion } })

/** Repeats a race, often enough for a store with a race condition to fail. */
export const repeatedly = async (rounds: number, round: () => Promise<void>): Promise<void> => {
  for (let index = 0; index < rounds; index++) await round()
}

/** Starts `count` tasks at the same time. */
export const atOnce = <Result>(
  count: number,
  work: (index: number) => Promise<Result>,
): Promise<ReadonlyArray<Result>> =>
  Promise.all(Array.from({ length: count }, (_, index) => work(index)))
