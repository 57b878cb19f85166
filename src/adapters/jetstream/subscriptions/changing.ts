import * as E from 'fp-ts/Either'
import { storeFailed, type StoreFailed } from '../../../core/errors/store'
import type { Lease } from '../../../core/ports/subscription-store'
import { sleep } from '../../../platform/node'
import { type Deadline, isPast } from '../link'
import { encodeToken } from '../subjects'
import { type Bucket, type Change, type Entry, readEntry, serverTime, writeChanges } from './bucket'
import {
  decodePartition,
  decodeSubscription,
  encodeRecord,
  newPartition,
  type PartitionRecord,
  type SubscriptionRecord,
} from './records'

type Answer<Found> = Promise<E.Either<StoreFailed, Found>>

/** A record as it was read, to be replaced if it is still the same. */
export interface Found<Record> {
  readonly sequence: number
  readonly record: Record
}

/** What a decision is made on. */
export interface Looked {
  /** By the clock of the server. */
  readonly now: number
  readonly subscription: SubscriptionRecord
  /** Those that were asked for, by their numbers. */
  readonly partitions: ReadonlyMap<number, PartitionRecord>
}

/** What is decided: the records that change, and the answer. */
export interface Decided<Answered> {
  readonly answer: Answered
  /** `removed`: there is none any more. */
  readonly subscription?: SubscriptionRecord | 'removed'
  readonly partitions?: ReadonlyMap<number, PartitionRecord>
  /** Written with them. Without a changed record nothing is. */
  readonly others?: ReadonlyArray<Change>
}

export const keyOfSubscription = (name: string): string => `subscription.${encodeToken(name)}`

export const keyOfPartition = (
  { id, generation }: Pick<SubscriptionRecord, 'id' | 'generation'>,
  number: number,
): string => `partition.${id}.${generation}.${number}`

export const keyOfHeld = ({ id }: Pick<SubscriptionRecord, 'id'>, streamId: string): string =>
  `held.${id}.${encodeToken(streamId)}`

const corrupt = (key: string): StoreFailed =>
  storeFailed(
    'CorruptRow',
    'nothingWritten',
    new Error(`the value of ${key} is none of this library`),
  )

const decoded = <Record>(
  key: string,
  { sequence, text }: Entry,
  decode: (text: string) => Record | undefined,
): E.Either<StoreFailed, Found<Record | undefined>> => {
  const record = text === undefined ? undefined : decode(text)
  return text !== undefined && record === undefined
    ? E.left(corrupt(key))
    : E.right({ sequence, record })
}

/** A subscription as the leader has it; its record is `undefined`: there is none. */
export const readSubscription = async (
  bucket: Bucket,
  name: string,
  deadline: Deadline,
): Answer<Found<SubscriptionRecord | undefined>> => {
  const key = keyOfSubscription(name)
  const entry = await readEntry(bucket, key, deadline)
  return E.isLeft(entry) ? entry : decoded(key, entry.right, decodeSubscription)
}

/** A partition as the leader has it: a new one, if it was never worked on. */
export const readPartition = async (
  bucket: Bucket,
  subscription: SubscriptionRecord,
  number: number,
  deadline: Deadline,
): Answer<Found<PartitionRecord>> => {
  const key = keyOfPartition(subscription, number)
  const entry = await readEntry(bucket, key, deadline)
  if (E.isLeft(entry)) return entry
  const found = decoded(key, entry.right, decodePartition)
  if (E.isLeft(found)) return found
  const { sequence, record = newPartition(subscription) } = found.right
  return E.right({ sequence, record })
}

/** How many partitions are read at the same time. */
const AT_ONCE = 64

/** Some partitions of a subscription. */
export const readPartitions = async (
  bucket: Bucket,
  subscription: SubscriptionRecord,
  numbers: ReadonlyArray<number>,
  deadline: Deadline,
): Answer<ReadonlyMap<number, Found<PartitionRecord>>> => {
  const all = new Map<number, Found<PartitionRecord>>()
  for (let next = 0; next < numbers.length; next += AT_ONCE) {
    const some = numbers.slice(next, next + AT_ONCE)
    const read = await Promise.all(
      some.map((number) => readPartition(bucket, subscription, number, deadline)),
    )
    for (const [index, found] of read.entries()) {
      if (E.isLeft(found)) return found
      all.set(some[index] ?? 0, found.right)
    }
  }
  return E.right(all)
}

/** How long to wait before what has lost against another writer is tried again, at most. Milliseconds. */
const LONGEST_PAUSE = 50

/** Waits a random time, so that writers that were in each other's way are not so again. */
export const pauseAfterConflict = (conflicts: number): Promise<void> =>
  sleep(Math.random() * Math.min(2 ** conflicts, LONGEST_PAUSE))

export const tooManyConflicts: StoreFailed = storeFailed(
  'TimedOut',
  'nothingWritten',
  new Error('other writers were faster every time'),
)

/** The failure of a read that only a leader which was replaced has answered. */
export const oldLeader: StoreFailed = storeFailed(
  'TimedOut',
  'nothingWritten',
  new Error('the leader of the bucket answers with what was before the lease'),
)

/** What a change reads before it is decided. */
export interface Reading {
  /** The name of the subscription. */
  readonly name: string
  /** Which of its partitions are read. */
  readonly numbers: (subscription: SubscriptionRecord, now: number) => ReadonlyArray<number>
  /** The lease of who asks: what is older was read from a leader that hung, and was replaced without noticing it yet. */
  readonly lease?: Pick<Lease, 'partition' | 'token'>
}

/** Whether a partition was read as it was before a lease of it was given. */
export const isBefore = (
  partition: PartitionRecord | undefined,
  { token }: Pick<Lease, 'token'>,
): boolean => partition !== undefined && partition.token < token

/**
 * Reads a subscription and some of its partitions, decides, and writes what was decided if nothing of what changes was
 * changed meanwhile; otherwise all of it again. Answers `undefined` if there is no such subscription.
 */
export const changing = async <Answered>(
  bucket: Bucket,
  { name, numbers, lease }: Reading,
  decide: (looked: Looked) => Decided<Answered>,
  deadline: Deadline,
): Answer<Answered | undefined> => {
  for (let conflicts = 0; ; conflicts++) {
    const [found, time] = await Promise.all([
      readSubscription(bucket, name, deadline),
      serverTime(bucket, deadline),
    ])
    if (E.isLeft(found)) return found
    if (E.isLeft(time)) return time
    const { record, sequence } = found.right
    if (record === undefined) return E.right(undefined)
    const now = time.right
    const read = await readPartitions(bucket, record, numbers(record, now), deadline)
    if (E.isLeft(read)) return read
    const partitions = new Map([...read.right].map(([number, one]) => [number, one.record]))
    if (lease !== undefined && isBefore(partitions.get(lease.partition), lease)) {
      if (isPast(deadline)) return E.left(oldLeader)
      await pauseAfterConflict(conflicts)
      continue
    }
    const decided = decide({ now, subscription: record, partitions })
    const { subscription, others = [] } = decided
    const changes: Change[] = [...(decided.partitions ?? [])].map(([number, partition]) => ({
      key: keyOfPartition(record, number),
      text: encodeRecord(partition),
      expected: read.right.get(number)?.sequence ?? 0,
    }))
    if (subscription !== undefined) {
      const text = subscription === 'removed' ? undefined : encodeRecord(subscription)
      changes.push({ key: keyOfSubscription(name), text, expected: sequence })
    }
    const last = changes.pop()
    if (last === undefined) return E.right(decided.answer)
    const written = await writeChanges(bucket, [...others, ...changes, last], deadline)
    if (E.isLeft(written)) return written
    if (written.right._tag === 'Stored') return E.right(decided.answer)
    if (isPast(deadline)) return E.left(tooManyConflicts)
    await pauseAfterConflict(conflicts)
  }
}
