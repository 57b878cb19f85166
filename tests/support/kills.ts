import { type ChildProcess, spawn } from 'node:child_process'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { onServer } from './servers'

// An operation that is killed in the middle, at a place that is drawn: so many packets into the conversation of its process with
// the database. Each kill is followed by running it again.

/**
 * What ends, before the packet comes or after it: the process, or the database's side of all its connections. After it, no answer
 * comes any more.
 */
const ENDINGS = ['process before', 'process after', 'backend before', 'backend after'] as const
export type Ending = (typeof ENDINGS)[number]

/** Where a run is cut off. */
export interface Cut {
  /** The packet, from 1, counted in both directions. */
  readonly at: number
  readonly ending: Ending
}

/** How a run has ended. */
export interface Run {
  /** `null`: a signal has ended it. */
  readonly code: number | null
  /** All that it has printed. */
  readonly text: string
  readonly packets: number
  readonly wasCut: boolean
}

/** An operation on a database of its own, that can be run again until it ends. */
export interface Killable {
  readonly url: string
  /** Starts it in a process, on a database with this address. Arguments of `node`. */
  readonly command: (url: string) => ReadonlyArray<string>
  /** What is true after a kill, wherever that was. */
  readonly afterKill: () => Promise<void>
  /** What is true once it has ended. */
  readonly afterEnd: (run: Run) => Promise<void>
  readonly close: () => Promise<void>
}

/** A random number below another one. */
interface Random {
  readonly below: (bound: number) => number
}

/** Ends the database's side of every connection that comes from the client; others stay. */
const endBackends = (url: string, ports: ReadonlyArray<number>): Promise<unknown> =>
  onServer(
    url,
    `select pg_terminate_backend(pid, 5000) from pg_stat_activity where client_port in (${ports.join(',')})`,
  )

/** Runs the command, and cuts it off at the place; `undefined`: at none. */
export const runOnce = async (
  { url, command }: Pick<Killable, 'url' | 'command'>,
  cut: Cut | undefined,
): Promise<Run> => {
  const target = new URL(url)
  const open = new Set<Socket>()
  let child: ChildProcess | undefined
  let packets = 0
  let wasCut = false
  /** Nothing is handed on any more. */
  let isDropping = false
  let ended = Promise.resolve<unknown>(undefined)

  const kill = (): void => {
    child?.kill('SIGKILL')
  }
  const destroyAll = (): void => {
    for (const socket of open) socket.destroy()
  }
  /** Hands packets on, until the one that is the last. */
  const forward = (from: Socket, to: Socket, ports: () => ReadonlyArray<number>): void => {
    from.on('data', (packet: Buffer) => {
      if (isDropping) return
      packets += 1
      if (packets !== cut?.at) {
        if (!to.write(packet)) {
          from.pause()
          to.once('drain', () => from.resume())
        }
        return
      }
      wasCut = true
      switch (cut.ending) {
        case 'process before':
          isDropping = true // a stream of packets has no gap
          kill()
          return
        case 'process after':
          to.write(packet, kill)
          return
        case 'backend before':
          from.pause()
          ended = endBackends(url, ports()).finally(() => {
            to.write(packet)
            from.resume()
          })
          return
        case 'backend after':
          to.write(packet)
          isDropping = true
          ended = endBackends(url, ports()).finally(destroyAll)
      }
    })
    from.on('end', () => to.end())
    from.on('close', () => {
      open.delete(from)
      to.end()
    })
    from.on('error', () => to.destroy())
  }
  const servers = new Set<Socket>()
  const proxy = createServer((client) => {
    const server = connect(Number(target.port), target.hostname)
    for (const socket of [client, server]) open.add(socket.setNoDelay(true))
    servers.add(server)
    const ports = (): ReadonlyArray<number> =>
      [...servers].flatMap(({ localPort }) => (localPort === undefined ? [] : [localPort]))
    forward(client, server, ports)
    forward(server, client, ports)
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  const through = new URL(url)
  through.port = String((proxy.address() as AddressInfo).port)

  const run = await new Promise<Run>((resolve) => {
    const started = spawn(process.execPath, [...command(through.href)])
    child = started
    let text = ''
    const keep = (chunk: string): void => void (text += chunk)
    started.stdout.setEncoding('utf8').on('data', keep)
    started.stderr.setEncoding('utf8').on('data', keep)
    started.once('close', (code) => resolve({ code, text, packets, wasCut }))
  })
  await ended
  // What was handed on reaches the server; what no process takes any more is dropped.
  for (const socket of open) {
    if (servers.has(socket)) socket.removeAllListeners('data').resume().end()
    else socket.destroy()
  }
  await new Promise((resolve) => proxy.close(resolve))
  return run
}

/** What became of the kills of an operation. */
export interface Kills {
  /** How often each ending was. */
  readonly endings: Readonly<Record<Ending, number>>
  /** How often it was run to its end. */
  readonly ends: number
  /** How many packets a run has that is not cut off. */
  readonly packets: number
}

/**
 * Kills an operation so often, at places drawn at random: some times, then it is run to its end, and again on what is made new.
 */
export const killed = async (
  make: () => Promise<Killable>,
  kills: number,
  random: Random,
): Promise<Kills> => {
  /** Makes what is operated on, and closes it in the end. */
  const withMade = async <Answer>(work: (one: Killable) => Promise<Answer>): Promise<Answer> => {
    const one = await make()
    try {
      return await work(one)
    } finally {
      await one.close()
    }
  }
  const toItsEnd = async (one: Killable): Promise<number> => {
    const run = await runOnce(one, undefined)
    await one.afterEnd(run)
    return run.packets
  }

  const packets = await withMade(toItsEnd)
  const endings = {
    'process before': 0,
    'process after': 0,
    'backend before': 0,
    'backend after': 0,
  }
  let [done, ends] = [0, 1]
  while (done < kills) {
    await withMade(async (one) => {
      const wanted = 1 + random.below(3)
      for (let some = 0; some < wanted && done < kills; some++) {
        const ending = ENDINGS[random.below(ENDINGS.length)] ?? 'process after'
        const cut = { at: 1 + random.below(packets), ending }
        const run = await runOnce(one, cut)
        if (!run.wasCut) break // it has ended before
        if (ending.startsWith('backend')) expectTyped(cut, run)
        endings[ending] += 1
        done += 1
        await one.afterKill()
      }
      await toItsEnd(one)
    })
    ends += 1
  }
  return { endings, ends, packets }
}

/** Its process lives when a backend is ended: it says what has failed, or has tried again by itself. */
const expectTyped = (cut: Cut, { code, text }: Run): void => {
  const isTyped =
    code === 0 || (code === 1 && text.includes('"error":{"_tag":"') && !/\n +at /.test(text))
  if (!isTyped) throw new Error(`after ${JSON.stringify(cut)}: code ${code}, ${text}`)
}
