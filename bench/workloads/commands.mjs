// Callers that send one command after another, each to streams of its own (or all to the same one).
import { performance } from 'node:perf_hooks'
import { allocated } from '../harness/allocations.mjs'
import { latencies } from '../harness/latencies.mjs'

const SEEDERS = 32
const BURST = 640 // commands
export const WARM_SHARE = 0.8
const PRELUDE = 0.15
// A lone caller sends few commands: so long it takes until what it runs through is compiled.
const WARM_ALONE_SECONDS = 6

export const streamName = (tag, index) => `${tag}s${index}`

/** Gives every stream its first events, through the contestant's own commands. */
export const seed = async (
  session,
  { streams, eventsPerStream, seedBatch = eventsPerStream },
  tag,
) => {
  let next = 0
  const seeder = async () => {
    while (next < streams) {
      const stream = streamName(tag, next++)
      for (let done = 0; done < eventsPerStream; done += seedBatch) {
        await session.command(stream, seedBatch)
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(SEEDERS, streams) }, seeder))
  return streams * eventsPerStream
}

export const prepare = async ({ contestant, cell, url, tag, begin }) => {
  const session = await contestant.open({ url, inline: cell.inline, cell })
  await begin()
  const acknowledged = contestant.kind === 'limit' ? 0 : await seed(session, cell, tag)
  await session.close()
  return { acknowledged }
}

/** The streams of one caller: nobody else's, unless there are fewer streams than callers. */
const streamsOf = (caller, { callers, processes, streams, shared }, index, tag) => {
  const everyone = shared ? callers : callers * processes
  const first = shared ? caller : index * callers + caller
  if (streams < everyone) return [streamName(tag, first % streams)]
  const own = []
  for (let at = first; at < streams; at += everyone) own.push(streamName(tag, at))
  return own
}

/**
 * Opens a contestant and warms it up. `turn(seconds)` measures for so long, after a moment of work that does not
 * count; the callers go on where they have stopped.
 */
export const open = async ({ contestant, cell, url, tag, index, seconds }) => {
  const session = await contestant.open({ url, inline: cell.inline, cell })
  const callers = Array.from({ length: cell.callers }, (_, caller) => ({
    caller,
    streams: streamsOf(caller, cell, index, tag),
    warmed: 0,
    sent: 0,
  }))
  let acknowledged = 0
  const sendTo = async (stream) => {
    const stored = await session.command(stream, 1)
    acknowledged += typeof stored === 'number' ? stored : 1
  }
  // Where only the process shall be warm: streams that are not looked at again.
  const warmStream = (one) => {
    const at = one.warmed++
    return cell.warm
      ? one.streams[at % one.streams.length]
      : streamName(tag, `w${index}x${one.caller}x${at}`)
  }
  const warmUntil = async (one, until) => {
    while (performance.now() < until) await sendTo(warmStream(one))
  }
  const warm = async (one, until) => {
    if (cell.warm) for (const stream of one.streams) await sendTo(stream)
    await warmUntil(one, until)
  }

  const alone = cell.callers * cell.processes === 1 && seconds >= 1
  const warmUp = Math.max(seconds * WARM_SHARE, alone ? WARM_ALONE_SECONDS : 0)
  const warmedUp = performance.now() + warmUp * 1000
  await Promise.all(callers.map((one) => warm(one, warmedUp)))

  const most = ({ streams }) => (cell.laps ?? Infinity) * streams.length
  const sendNext = (one) => sendTo(one.streams[one.sent++ % one.streams.length])

  const turn = async (length) => {
    const recorded = latencies()
    const before = session.conflicts?.() ?? 0
    const begin = performance.now() + length * PRELUDE * 1000
    const end = begin + length * 1000
    let done = 0
    let cpu
    const call = async (one) => {
      await warmUntil(one, begin)
      cpu ??= process.cpuUsage()
      for (let sent = performance.now(); one.sent < most(one) && sent < end;) {
        await sendNext(one)
        const answered = performance.now()
        recorded.add(answered - sent)
        sent = answered
        done++
      }
    }
    await Promise.all(callers.map(call))
    if (done === 0) return { conflicts: 0, quantiles: [] } // all streams have had their commands
    const rate = (done / (performance.now() - begin)) * 1000
    const { user, system } = process.cpuUsage(cpu)
    const conflicts = (session.conflicts?.() ?? 0) - before
    return { rate, cpu: (user + system) / done, conflicts, quantiles: recorded.quantiles() }
  }
  /** Sends some commands, and answers how many. */
  const burst = async () => {
    const before = acknowledged
    const call = async (one) => {
      for (let left = Math.ceil(BURST / cell.callers); left > 0 && one.sent < most(one); left--) {
        await sendNext(one)
      }
    }
    await Promise.all(callers.map(call))
    return acknowledged - before
  }
  const close = async () => {
    await session.close()
    return { acknowledged }
  }
  return { turn, burst, close }
}

export const sample = async (task) => {
  const opened = await open(task)
  await task.begin()
  const bytes = await allocated(opened.burst)
  return { bytes, ...(await opened.close()) }
}

export const work = async (task) => {
  const opened = await open(task)
  await task.begin()
  const measured = await opened.turn(task.seconds)
  return { ...measured, ...(await opened.close()) }
}
