// Callers that send one command after another, each to streams of its own (or all to the same one).
import { performance } from 'node:perf_hooks'
import { latencies } from '../harness/latencies.mjs'

const SEEDERS = 32
const WARM_SHARE = 0.8
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
  const session = await contestant.open({ url, inline: cell.inline })
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

export const work = async ({ contestant, cell, url, tag, index, seconds, begin }) => {
  const session = await contestant.open({ url, inline: cell.inline })
  const callers = Array.from({ length: cell.callers }, (_, caller) =>
    streamsOf(caller, cell, index, tag),
  )
  let acknowledged = 0
  const sendTo = async (stream) => {
    await session.command(stream, 1)
    acknowledged++
  }

  const warmUp = Math.max(
    seconds * WARM_SHARE,
    cell.callers * cell.processes === 1 && seconds >= 1 ? WARM_ALONE_SECONDS : 0,
  )
  const until = performance.now() + warmUp * 1000
  const warm = async (streams, caller) => {
    if (cell.warm) for (const stream of streams) await sendTo(stream)
    for (let at = 0; performance.now() < until; at++) {
      // Otherwise only the process is warm: on streams that are not looked at again.
      await sendTo(
        cell.warm ? streams[at % streams.length] : streamName(tag, `w${index}x${caller}x${at}`),
      )
    }
  }
  await Promise.all(callers.map(warm))

  await begin()
  const recorded = latencies()
  const started = performance.now()
  const end = started + seconds * 1000
  const before = acknowledged
  const call = async (streams) => {
    const most = (cell.laps ?? Infinity) * streams.length
    for (let at = 0, sent = started; at < most && sent < end; at++) {
      await sendTo(streams[at % streams.length])
      const answered = performance.now()
      recorded.add(answered - sent)
      sent = answered
    }
  }
  await Promise.all(callers.map(call))
  const elapsed = performance.now() - started
  const rate = ((acknowledged - before) / elapsed) * 1000
  const conflicts = session.conflicts?.() ?? 0
  await session.close()
  return { acknowledged, rate, conflicts, quantiles: recorded.quantiles() }
}
