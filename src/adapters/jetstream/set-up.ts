import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import { storeFailed, type StoreFailed } from '../../core/errors/store'
import { isRecord } from '../../core/json'
import type { Migrated } from '../../core/ports/backend'
import { refusalOf, writeFailed } from './failures'
import { askApi, type Caller, type Deadline, deadlineOf, failureOf, type Link } from './link'

type Configuration = Readonly<Record<string, unknown>>

/** The oldest server that is used: from it on an expected sequence and an atomic batch hold on replicated streams. */
export const OLDEST_SERVER = '2.12'

const STREAM_NOT_FOUND = 10_059
const STREAM_NAME_IN_USE = 10_058

/** Why the server that the store is connected to cannot be used, or `undefined`. */
export const serverProblem = (version: string | undefined): StoreFailed | undefined => {
  const [major = 0, minor = 0] = (version ?? '').split('.').map(Number)
  if (major > 2 || (major === 2 && minor >= 12)) return undefined
  return storeFailed(
    'ServerTooOld',
    'nothingWritten',
    new Error(`the server is of version ${version ?? 'unknown'}`),
    `nats-server ${OLDEST_SERVER} or newer is needed on every node: an older one lets several writers win`,
  )
}

/** A JetStream stream as the server describes it. */
export interface StreamInfo {
  readonly name: string
  readonly config: Configuration
  /** Who leads it, and how its replicas do; `undefined` on a server that is no cluster. */
  readonly cluster: Configuration | undefined
  readonly state: Configuration
}

const recordOf = (value: unknown): Configuration => (isRecord(value) ? value : {})

/** How a stream is configured, or `undefined`: there is none. */
export const streamInfo = async (
  link: Caller,
  name: string,
  deadline: Deadline,
): Promise<E.Either<StoreFailed, StreamInfo | undefined>> => {
  const answer = await askApi(link, { path: `STREAM.INFO.${name}`, body: {} }, deadline)
  if (E.isLeft(answer)) {
    return 'err_code' in answer.left && answer.left.err_code === STREAM_NOT_FOUND
      ? E.right(undefined)
      : E.left(failureOf(answer.left))
  }
  const { config, cluster, state } = answer.right
  return E.right({
    name,
    config: recordOf(config),
    cluster: isRecord(cluster) ? cluster : undefined,
    state: recordOf(state),
  })
}

const LINEAGE = 'reprise-lineage'
const PARTITIONS = 'reprise-partitions'

/** A JetStream stream to be made. */
export interface WantedStream {
  readonly name: string
  readonly config: Configuration
}

const metadataOf = ({ config }: StreamInfo): Configuration => recordOf(config['metadata'])

/** The streams of a store. Nothing in those of events can be changed or removed, or expires. */
const wantedStreams = ({ subjects }: Link, replicas: number): ReadonlyArray<WantedStream> => {
  const common = {
    retention: 'limits',
    storage: 'file',
    num_replicas: replicas,
    allow_direct: true,
  }
  const metadata = () => ({
    [LINEAGE]: crypto.randomUUID(),
    [PARTITIONS]: String(subjects.partitions),
  })
  const state = {
    ...common,
    name: subjects.stateStream,
    subjects: subjects.ofState,
    max_msgs_per_subject: 1,
    discard: 'old',
    metadata: metadata(),
  }
  const ofEvents = Array.from({ length: subjects.partitions }, (_, partition) => ({
    ...common,
    name: subjects.eventStream(partition),
    subjects: subjects.ofEvents(partition),
    discard: 'new',
    deny_delete: true,
    deny_purge: true,
    allow_atomic: true,
    metadata: metadata(),
  }))
  return [state, ...ofEvents].map((config) => ({ name: config.name, config }))
}

/** What a stream must be like for its promises to hold. */
const REQUIRED: Configuration = {
  retention: 'limits',
  storage: 'file',
  discard: 'new',
  deny_delete: true,
  deny_purge: true,
  allow_direct: true,
  allow_atomic: true,
}

/** The settings of a stream of events that are not as they must be: `discard is old`. Empty: all are. */
export const wrongSettings = ({ config }: StreamInfo): ReadonlyArray<string> => {
  const wrong = Object.entries(REQUIRED)
    .filter(([key, value]) => config[key] !== value)
    .map(([key]) => `${key} is ${key in config ? JSON.stringify(config[key]) : 'not set'}`)
  const expires = Number(config['max_age'] ?? 0) > 0 ? ['max_age is set'] : []
  return [...wrong, ...expires]
}

/** The failure of a store whose stream is not there, or not as it must be. */
export const unusable = (name: string, what: string, advice: string): StoreFailed =>
  storeFailed('NotMigrated', 'nothingWritten', new Error(`${name}: ${what}`), advice)

const infoProblem = ({ subjects }: Link, info: StreamInfo): StoreFailed | undefined => {
  const partitions = Number(metadataOf(info)[PARTITIONS])
  if (partitions !== subjects.partitions) {
    const what = `it was made for ${partitions} partitions, and this program names ${subjects.partitions}`
    return unusable(info.name, what, 'name the same number everywhere: it cannot be changed')
  }
  if (info.name === subjects.stateStream) return undefined
  const wrong = wrongSettings(info)
  return wrong.length === 0
    ? undefined
    : unusable(info.name, wrong.join(', '), 'somebody has changed the stream: set it back')
}

/** The lineage of each partition. */
export interface Opened {
  readonly lineages: ReadonlyArray<string>
}

const openStreams = async (link: Link): Promise<E.Either<StoreFailed, Opened>> => {
  const { connection, subjects } = link
  const tooOld = serverProblem(connection.info?.version)
  if (tooOld !== undefined) return E.left(tooOld)
  const deadline = deadlineOf(link)
  const lineages: string[] = []
  for (const name of namesOf(link)) {
    const found = await streamInfo(link, name, deadline)
    if (E.isLeft(found)) return found
    const info = found.right
    if (info === undefined) {
      return E.left(unusable(name, 'there is no such stream', 'run `migrate` of the backend first'))
    }
    const problem = infoProblem(link, info)
    if (problem !== undefined) return E.left(problem)
    if (name !== subjects.stateStream) lineages.push(String(metadataOf(info)[LINEAGE]))
  }
  return E.right({ lineages })
}

/** The JetStream streams of a store: the one of snapshots, then those of events. */
export const namesOf = ({ subjects }: Link): ReadonlyArray<string> => [
  subjects.stateStream,
  ...Array.from({ length: subjects.partitions }, (_, number) => subjects.eventStream(number)),
]

/**
 * Opens a store: looks once whether it can be used, before its first call. What has failed is looked at again by the
 * next call.
 */
export const opening = (link: Link): (() => Promise<E.Either<StoreFailed, Opened>>) => {
  let opened: Promise<E.Either<StoreFailed, Opened>> | undefined
  return () => {
    opened ??= openStreams(link).then((outcome) => {
      if (E.isLeft(outcome)) opened = undefined
      return outcome
    })
    return opened
  }
}

/**
 * Makes a JetStream stream, unless it is there. Safe to run from several processes at once.
 *
 * @param problemOf - why one that is there cannot be used, or `undefined`.
 */
export const makeStream = async (
  caller: Caller,
  { name, config }: WantedStream,
  problemOf: (info: StreamInfo) => StoreFailed | undefined,
  deadline: Deadline,
): Promise<E.Either<StoreFailed, 'made' | 'present'>> => {
  const before = await streamInfo(caller, name, deadline)
  if (E.isLeft(before)) return before
  if (before.right === undefined) {
    const path = `STREAM.CREATE.${name}`
    const created = await askApi(caller, { path, body: config }, deadline)
    if (E.isRight(created)) return E.right('made')
    // Another process has made it meanwhile: with a lineage of its own, so it counts as another configuration.
    const error = created.left
    if (!('err_code' in error)) return E.left(error)
    if (error.err_code !== STREAM_NAME_IN_USE) {
      return E.left(writeFailed(refusalOf(error), false))
    }
  }
  const now = await streamInfo(caller, name, deadline)
  if (E.isLeft(now)) return now
  const problem = now.right && problemOf(now.right)
  return problem === undefined ? E.right('present') : E.left(problem)
}

/** Makes the streams of a store that are not there. See {@link Migrated}. */
export const migrateIn =
  (link: Link, replicas: number): TaskEither<StoreFailed, Migrated> =>
  async () => {
    const tooOld = serverProblem(link.connection.info?.version)
    if (tooOld !== undefined) return E.left(tooOld)
    const deadline = deadlineOf(link)
    const [applied, present]: [string[], string[]] = [[], []]
    for (const wanted of wantedStreams(link, replicas)) {
      const done = await makeStream(link, wanted, (info) => infoProblem(link, info), deadline)
      if (E.isLeft(done)) return done
      if (done.right === 'made') applied.push(wanted.name)
      else present.push(wanted.name)
    }
    return E.right({ applied, present })
  }
