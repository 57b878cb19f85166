import type { NatsConnection } from '@nats-io/nats-core'
import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import type { StoreFailed } from '../../core/errors/store'
import { isRecord } from '../../core/json'
import type { Limits } from '../../core/limits'
import { type Finding, ok, problem, warning } from '../../core/operator/finding'
import { troubleOf } from './failures'
import { answerOf, type Deadline, deadlineOf, type Link } from './link'
import {
  namesOf,
  OLDEST_SERVER,
  serverProblem,
  type StreamInfo,
  streamInfo,
  wrongSettings,
} from './set-up'

type Fields = Readonly<Record<string, unknown>>

const fieldsOf = (value: unknown): Fields => (isRecord(value) ? value : {})

/** What a server has said about itself over the system account. */
interface Server {
  readonly name: string
  readonly version: string
  readonly syncAlways: boolean
  /** Nanoseconds. */
  readonly syncInterval: number
}

const serverOf = (answer: Fields): Server => {
  const { server, data } = answer
  const { name, ver } = fieldsOf(server)
  const { sync_always: always, sync_interval: interval } = fieldsOf(fieldsOf(data)['config'])
  return {
    name: String(name),
    version: String(ver),
    syncAlways: always === true,
    syncInterval: Number(interval ?? 0),
  }
}

/** How long all servers have to answer, in milliseconds. */
const PATIENCE = 1_000

const serversOf = async (system: NatsConnection): Promise<ReadonlyArray<Server>> => {
  const body = JSON.stringify({ config: true })
  const options = { strategy: 'timer', maxWait: PATIENCE } as const
  const servers: Server[] = []
  for await (const message of await system.requestMany('$SYS.REQ.SERVER.PING.JSZ', body, options)) {
    const answer = answerOf(message)
    if (answer !== undefined) servers.push(serverOf(answer))
  }
  return servers.sort((left, right) => (left.name < right.name ? -1 : 1))
}

const names = (servers: ReadonlyArray<Server>): string =>
  servers.map(({ name, version }) => `${name} (${version})`).join(', ')

const SYNC = 'sync_interval'

const syncFinding = (servers: ReadonlyArray<Server>): Finding => {
  const lazy = servers.filter(({ syncAlways }) => !syncAlways)
  if (lazy.length === 0) {
    return ok(SYNC, 'always: what is acknowledged is on the disks of a majority')
  }
  const seconds = Math.max(...lazy.map(({ syncInterval }) => syncInterval)) / 1e9
  return warning(
    SYNC,
    `${seconds} s on ${names(lazy)}: what is acknowledged is in the memory of a majority of machines, and not yet on their disks`,
    'If a majority can lose its power at once: set `jetstream { sync_interval: always }` on every server.',
  )
}

const serverFinding = (servers: ReadonlyArray<Server>): Finding => {
  const old = servers.filter(({ version }) => serverProblem(version) !== undefined)
  return old.length === 0
    ? ok('servers', names(servers))
    : problem(
        'servers',
        `too old: ${names(old)}`,
        `Upgrade to ${OLDEST_SERVER} or newer: an older one lets several writers win.`,
      )
}

const withoutSystem = (version: string | undefined): ReadonlyArray<Finding> => [
  ok('servers', `${version ?? 'unknown'}, as far as this connection sees`),
  warning(
    SYNC,
    'not known: servers tell it over the system account only',
    'Pass a connection to the system account as `system`.',
  ),
]

const ofServers = async (
  { connection }: Link,
  system: NatsConnection | undefined,
): Promise<E.Either<StoreFailed, ReadonlyArray<Finding>>> => {
  if (system === undefined) return E.right(withoutSystem(connection.info?.version))
  try {
    const servers = await serversOf(system)
    return E.right([serverFinding(servers), syncFinding(servers)])
  } catch (cause) {
    const advice = 'Is it a connection to the system account, and may it ask?'
    return E.right([problem('servers', String(troubleOf(cause).cause), advice)])
  }
}

const payloadFinding = ({ connection }: Link, { appendSize }: Limits): Finding => {
  const largest = connection.info?.max_payload ?? 0
  const message = `${largest} bytes in one append at most (max_payload)`
  return largest >= Math.min(appendSize, 1_048_576 + 4_096)
    ? ok('max_payload', message)
    : warning('max_payload', message, 'Set `max_payload: 8MB` on every server: larger is refused.')
}

const peerProblem = (peer: Fields): string | undefined => {
  const { name, current, offline, lag } = peer
  if (offline === true) return `${String(name)} is offline`
  return current === false ? `${String(name)} is behind by ${Number(lag ?? 0)}` : undefined
}

/** What is found of a JetStream stream, whose settings are wrong or not. */
export const streamFinding = (
  { name, config, cluster }: StreamInfo,
  wrong: ReadonlyArray<string>,
): Finding => {
  const check = `stream ${name}`
  if (wrong.length > 0) return problem(check, wrong.join(', '), 'Set the stream back.')
  const replicas = Number(config['num_replicas'] ?? 1)
  if (replicas < 3) {
    const message = `${replicas} of it: what is on one server alone is lost with it`
    return warning(check, message, 'Use a cluster of three, and 3 replicas.')
  }
  const peers = Array.isArray(cluster?.['replicas']) ? cluster['replicas'].map(fieldsOf) : []
  const troubles = peers.map(peerProblem).filter((one) => one !== undefined)
  return troubles.length === 0
    ? ok(check, `${replicas} replicas, led by ${String(cluster?.['leader'])}`)
    : warning(
        check,
        troubles.join(', '),
        'Look at that server: with one more gone nothing is stored.',
      )
}

export const missingStream = (name: string): Finding =>
  problem(`stream ${name}`, 'there is none', 'Run `migrate` of the backend.')

const ofStreams = async (
  link: Link,
  deadline: Deadline,
): Promise<E.Either<StoreFailed, ReadonlyArray<Finding>>> => {
  const findings: Finding[] = []
  for (const name of namesOf(link)) {
    const info = await streamInfo(link, name, deadline)
    if (E.isLeft(info)) return info
    const isState = name === link.subjects.stateStream
    findings.push(
      info.right === undefined
        ? missingStream(name)
        : streamFinding(info.right, isState ? [] : wrongSettings(info.right)),
    )
  }
  return E.right(findings)
}

/** The checks of `doctor`: servers, when they write to their disks, how large an append may be, and every stream. */
export const examineIn =
  (
    link: Link,
    limits: Limits,
    system: NatsConnection | undefined,
  ): TaskEither<StoreFailed, ReadonlyArray<Finding>> =>
  async () => {
    const servers = await ofServers(link, system)
    if (E.isLeft(servers)) return servers
    const streams = await ofStreams(link, deadlineOf(link))
    return E.isLeft(streams)
      ? streams
      : E.right([...servers.right, payloadFinding(link, limits), ...streams.right])
  }
