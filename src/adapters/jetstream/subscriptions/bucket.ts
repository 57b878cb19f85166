import type { NatsConnection } from '@nats-io/nats-core'
import * as E from 'fp-ts/Either'
import { bytesOf } from '../../../core/code-points'
import { storeFailed, type StoreFailed } from '../../../core/errors/store'
import { isRecord } from '../../../core/json'
import { askApi, type Caller, type Deadline, deadlineOf, failureOf } from '../link'
import { fromLeader } from '../messages'
import { type InTheWay, type NewMessage, publishExactly } from '../publish'
import { serverProblem, streamInfo, type StreamInfo, unusable, type WantedStream } from '../set-up'

// A bucket is laid out as the key/value buckets of NATS are: a JetStream stream `KV_<bucket>` with the subjects
// `$KV.<bucket>.<key>`, one message for each. So its tools show it.

/** A key/value bucket. */
export interface Bucket extends Caller {
  /** Its name, without `KV_`. */
  readonly bucket: string
}

export const bucketOf = (connection: NatsConnection, bucket: string, timeout: number): Bucket => ({
  connection,
  bucket,
  timeout,
})

export const streamOf = ({ bucket }: Bucket): string => `KV_${bucket}`

const subjectOf = ({ bucket }: Bucket, key: string): string => `$KV.${bucket}.${key}`

/** The value of a key, and the sequence of its message: a write that expects it is refused once it was changed. */
export interface Entry {
  /** 0: there was never a value. */
  readonly sequence: number
  /** `undefined`: there is none. */
  readonly text: string | undefined
}

/** The value of a key as the leader has it. */
export const readEntry = async (
  bucket: Bucket,
  key: string,
  deadline: Deadline,
): Promise<E.Either<StoreFailed, Entry>> => {
  const wanted = { last_by_subj: subjectOf(bucket, key) }
  const found = await fromLeader(bucket, streamOf(bucket), wanted, deadline)
  if (E.isLeft(found)) return found
  const { sequence = 0, text = '' } = found.right ?? {}
  return E.right({ sequence, text: text === '' ? undefined : text })
}

/** A new value of a key. */
export interface Change {
  readonly key: string
  /** `undefined`: none any more. */
  readonly text: string | undefined
  /** The {@link Entry.sequence} that it must have still. `undefined`: whatever it has. */
  readonly expected: number | undefined
}

/** What became of changes. */
export type Written =
  | { readonly _tag: 'Stored'; readonly sequence: number }
  /** One of the expectations does not hold any more. */
  | { readonly _tag: 'Refused' }
  /** An answer was lost, and the value of the last key is another one by now: it may have been this one before. */
  | { readonly _tag: 'Unknown' }

/** How many changes are written together, at most: the limit of an atomic batch. */
export const MOST_CHANGES = 1_000

const tooLarge = (what: string): StoreFailed =>
  storeFailed('DataRefused', 'nothingWritten', new Error(what))

/** Writes changes, all of them or none. The text of the last one is its own: no other write has the same. */
export const writeChanges = async (
  bucket: Bucket,
  changes: readonly [...ReadonlyArray<Change>, Change],
  deadline: Deadline,
): Promise<E.Either<StoreFailed, Written>> => {
  const largest = bucket.connection.info?.max_payload ?? Infinity
  const long = changes.find(({ text = '' }) => bytesOf(text) > largest)
  if (long !== undefined) {
    return E.left(tooLarge(`${long.key} would be larger than ${largest} bytes, the max_payload`))
  }
  if (changes.length > MOST_CHANGES) {
    return E.left(tooLarge(`${changes.length} changes at once; the server takes ${MOST_CHANGES}`))
  }
  const messageOf = ({ key, text = '', expected }: Change): NewMessage => ({
    subject: subjectOf(bucket, key),
    text,
    expected,
  })
  const last = changes[changes.length - 1] as Change
  const doubt = { isLeft: false }
  const look = async (): Promise<E.Either<StoreFailed, InTheWay>> => {
    const found = await readEntry(bucket, last.key, deadline)
    if (E.isLeft(found)) return found
    const { sequence, text } = found.right
    if (text === last.text) return E.right({ _tag: 'Own', sequence })
    doubt.isLeft = true
    return E.right({ _tag: 'Other' })
  }
  const unit = [...changes.slice(0, -1).map(messageOf), messageOf(last)] as const
  const published = await publishExactly(bucket, unit, look, deadline)
  if (E.isLeft(published)) return published
  if (published.right._tag === 'Stored') return published
  return E.right({ _tag: doubt.isLeft ? 'Unknown' : 'Refused' })
}

/** The clock of the server that leads the bucket. Milliseconds since 1970-01-01 UTC. */
export const serverTime = async (
  bucket: Bucket,
  deadline: Deadline,
): Promise<E.Either<StoreFailed, number>> => {
  const answer = await askApi(
    bucket,
    { path: `STREAM.INFO.${streamOf(bucket)}`, body: {} },
    deadline,
  )
  if (E.isLeft(answer)) return E.left(failureOf(answer.left))
  const { ts } = answer.right
  const time = typeof ts === 'string' ? Date.parse(ts) : NaN
  const cause = new Error(`its time is ${JSON.stringify(ts)}`)
  return Number.isNaN(time)
    ? E.left(storeFailed('Unexpected', 'nothingWritten', cause))
    : E.right(time)
}

/** All keys with a prefix that ends with a dot, with a value or without one any more. */
export const keysBelow = async (
  bucket: Bucket,
  prefix: string,
  deadline: Deadline,
): Promise<E.Either<StoreFailed, ReadonlyArray<string>>> => {
  const path = `STREAM.INFO.${streamOf(bucket)}`
  const keys: string[] = []
  for (;;) {
    const body = { subjects_filter: `${subjectOf(bucket, prefix)}>`, offset: keys.length }
    const answer = await askApi(bucket, { path, body }, deadline)
    if (E.isLeft(answer)) return E.left(failureOf(answer.left))
    const { state, total } = answer.right
    const subjects = isRecord(state) ? state['subjects'] : undefined
    const names = isRecord(subjects) ? Object.keys(subjects) : []
    keys.push(...names.map((name) => name.slice(subjectOf(bucket, '').length)))
    if (names.length === 0 || typeof total !== 'number' || keys.length >= total)
      return E.right(keys)
  }
}

/** Removes keys for good: one, or all with a prefix that ends with `>`. */
export const purgeKeys = async (
  bucket: Bucket,
  filter: string,
  deadline: Deadline,
): Promise<E.Either<StoreFailed, void>> => {
  const path = `STREAM.PURGE.${streamOf(bucket)}`
  const answer = await askApi(
    bucket,
    { path, body: { filter: subjectOf(bucket, filter) } },
    deadline,
  )
  return E.isLeft(answer) ? E.left(failureOf(answer.left)) : E.right(undefined)
}

/** Removes what is left of a subscription that was removed. */
export const purgeSubscription = async (
  bucket: Bucket,
  id: string,
): Promise<E.Either<StoreFailed, void>> => {
  const deadline = deadlineOf(bucket)
  for (const kind of ['partition', 'held']) {
    const purged = await purgeKeys(bucket, `${kind}.${id}.>`, deadline)
    if (E.isLeft(purged)) return purged
  }
  return E.right(undefined)
}

/** The JetStream stream of a bucket. */
export const wantedBucket = (bucket: Bucket, replicas: number): WantedStream => ({
  name: streamOf(bucket),
  config: {
    name: streamOf(bucket),
    subjects: [subjectOf(bucket, '>')],
    retention: 'limits',
    storage: 'file',
    num_replicas: replicas,
    max_msgs_per_subject: 1,
    discard: 'new',
    deny_delete: true,
    allow_rollup_hdrs: true,
    allow_direct: true,
    allow_atomic: true,
  },
})

/** What a bucket must be like for its promises to hold. */
const REQUIRED = {
  retention: 'limits',
  storage: 'file',
  discard: 'new',
  allow_atomic: true,
} as const

/** The settings of a bucket that are not as they must be: `discard is old`. Empty: all are. */
export const wrongInBucket = ({ config }: StreamInfo): ReadonlyArray<string> => {
  const wrong = Object.entries(REQUIRED)
    .filter(([key, value]) => config[key] !== value)
    .map(([key]) => `${key} is ${key in config ? JSON.stringify(config[key]) : 'not set'}`)
  return Number(config['max_age'] ?? 0) > 0 ? [...wrong, 'max_age is set'] : wrong
}

/** Why a bucket cannot be used, or `undefined`. */
export const bucketProblem = (info: StreamInfo): StoreFailed | undefined => {
  const wrong = wrongInBucket(info)
  return wrong.length === 0
    ? undefined
    : unusable(info.name, wrong.join(', '), 'set the bucket back to what `migrate` makes')
}

/** Looks whether a bucket can be used: once, and again after it could not. */
export const openingBucket = (
  bucket: Bucket,
): ((deadline: Deadline) => Promise<E.Either<StoreFailed, void>>) => {
  let isOpen = false
  return async (deadline) => {
    if (isOpen) return E.right(undefined)
    const tooOld = serverProblem(bucket.connection.info?.version)
    if (tooOld !== undefined) return E.left(tooOld)
    const found = await streamInfo(bucket, streamOf(bucket), deadline)
    if (E.isLeft(found)) return found
    const problem =
      found.right === undefined
        ? unusable(
            streamOf(bucket),
            'there is no such bucket',
            'run `migrate` of the backend first',
          )
        : bucketProblem(found.right)
    if (problem !== undefined) return E.left(problem)
    isOpen = true
    return E.right(undefined)
  }
}
