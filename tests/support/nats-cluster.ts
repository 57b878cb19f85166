import { connect, type NodeConnectionOptions } from '@nats-io/transport-node'
import type { NatsConnection } from '@nats-io/nats-core'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { until } from './until'

/** One node of a cluster of a test's own, that it may break. */
export interface NatsNode {
  readonly name: string
  readonly url: string
  /** Ends it with SIGKILL, at once. */
  readonly kill: () => Promise<void>
  /** Starts it again, with the data that it had. */
  readonly start: () => void
  /** SIGSTOP: it hangs, and its connections stay open. */
  readonly freeze: () => void
  readonly wake: () => void
}

/** Servers of a test's own on 127.0.0.1. */
export interface NatsCluster {
  readonly nodes: ReadonlyArray<NatsNode>
  /** A connection to one node, which goes to no other one unless `others` says so. */
  readonly connect: (node: number, options?: NodeConnectionOptions) => Promise<NatsConnection>
  /** A connection that goes to any node that is up. */
  readonly connectToAny: (options?: NodeConnectionOptions) => Promise<NatsConnection>
  /** A connection to the system account. */
  readonly connectAsSystem: (node?: number) => Promise<NatsConnection>
  /** The name of the node that leads a JetStream stream now. */
  readonly leaderOf: (stream: string) => Promise<string | undefined>
  readonly stop: () => Promise<void>
}

/** How the servers are set up. */
export interface NatsOptions {
  readonly program: string
  /** Default 3. 1: no cluster. */
  readonly nodes?: number
  /** More lines of `jetstream { … }`. */
  readonly jetstream?: string
  /** More lines of the configuration. */
  readonly more?: string
  /** More users of the account: `{ user: a, password: b, permissions: … }`. */
  readonly users?: ReadonlyArray<string>
  /** Default `8MB`. */
  readonly maxPayload?: string
  /** Where node `index` keeps its data. Default: in a temporary folder. */
  readonly folderOf?: (index: number) => string
}

const freePorts = async (count: number): Promise<ReadonlyArray<number>> => {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, '127.0.0.1')
      await once(server, 'listening')
      return server
    }),
  )
  const ports = servers.map((server) => {
    const address = server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  })
  await Promise.all(servers.map((server) => once(server.close(), 'close')))
  return ports
}

const USER = 'app'
const SYSTEM = 'system'
const PASSWORD = 'reprise'

/** Starts servers, and waits until JetStream takes requests. */
export const startNats = async ({
  program,
  nodes: count = 3,
  jetstream = '',
  more = '',
  maxPayload = '8MB',
  users = [],
  folderOf,
}: NatsOptions): Promise<NatsCluster> => {
  const folder = mkdtempSync(join(tmpdir(), 'reprise-nats-'))
  const ports = await freePorts(2 * count)
  const clientPort = (index: number): number => ports[index] ?? 0
  const routePort = (index: number): number => ports[count + index] ?? 0
  const routes = Array.from({ length: count }, (_, index) => `nats://127.0.0.1:${routePort(index)}`)

  const node = (index: number): NatsNode & { readonly stop: () => Promise<void> } => {
    const name = `n${index + 1}`
    const file = join(folder, `${name}.conf`)
    const cluster =
      count === 1
        ? ''
        : `cluster { name: reprise, listen: "127.0.0.1:${routePort(index)}", routes: [${routes.map((one) => `"${one}"`).join(', ')}] }`
    writeFileSync(
      file,
      `server_name: ${name}
listen: "127.0.0.1:${clientPort(index)}"
max_payload: ${maxPayload}
jetstream { store_dir: "${folderOf?.(index) ?? join(folder, name)}"
${jetstream}
}
accounts {
  APP { jetstream: enabled, users: [${[`{ user: ${USER}, password: ${PASSWORD} }`, ...users].join(', ')}] }
  SYS { users: [{ user: ${SYSTEM}, password: ${PASSWORD} }] }
}
system_account: SYS
${cluster}
${more}
`,
    )
    let child: ChildProcess | undefined
    const start = (): void => {
      child = spawn(program, ['-c', file, '-l', join(folder, `${name}.log`)], { stdio: 'ignore' })
    }
    const end = async (signal: 'SIGKILL' | 'SIGTERM'): Promise<void> => {
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      child.kill(signal)
      await ended
    }
    start()
    return {
      name,
      url: `nats://127.0.0.1:${clientPort(index)}`,
      start,
      kill: () => end('SIGKILL'),
      stop: () => end('SIGKILL'),
      freeze: () => void child?.kill('SIGSTOP'),
      wake: () => void child?.kill('SIGCONT'),
    }
  }
  const nodes = Array.from({ length: count }, (_, index) => node(index))
  const urls = nodes.map(({ url }) => url)

  const open = (servers: ReadonlyArray<string>, user: string, options: NodeConnectionOptions) =>
    until(() =>
      connect({
        servers: [...servers],
        user,
        pass: PASSWORD,
        reconnectTimeWait: 50,
        maxReconnectAttempts: -1,
        ignoreClusterUpdates: true,
        ...options,
      }).catch(() => undefined),
    )
  const connectAsSystem = (index = 0): Promise<NatsConnection> =>
    open([urls[index] ?? ''], SYSTEM, {})

  const stop = async (): Promise<void> => {
    await Promise.all(nodes.map((one) => one.stop()))
    rmSync(folder, { recursive: true, force: true })
  }

  const probe = await open(urls, USER, {})
  await until(async () => {
    try {
      const answer = await probe.request('$JS.API.INFO', '', { timeout: 1_000 })
      return answer.json<{ error?: unknown }>().error === undefined ? true : undefined
    } catch {
      return undefined
    }
  })

  return {
    nodes,
    connect: (index, options = {}) => open([urls[index] ?? ''], USER, options),
    connectToAny: (options = {}) => open(urls, USER, options),
    connectAsSystem,
    leaderOf: async (stream) => {
      try {
        const answer = await probe.request(`$JS.API.STREAM.INFO.${stream}`, '{}', {
          timeout: 1_000,
        })
        return answer.json<{ cluster?: { leader?: string } }>().cluster?.leader
      } catch {
        return undefined
      }
    },
    stop: async () => {
      await probe.close()
      await stop()
    },
  }
}
