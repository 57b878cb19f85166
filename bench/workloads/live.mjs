// A subscriber that waits for events, and a caller that sends a command now and then. The clock is the
// machine's monotonic one, so that two processes can be compared.
import { setTimeout as wait } from 'node:timers/promises'
import { streamName } from './commands.mjs'

const SETTLE_MS = 1500
const LINGER_MS = 2500
const PAUSE_MS = [20, 60]

const now = () => Number(process.hrtime.bigint() / 1000n) / 1000
const pause = () => PAUSE_MS[0] + Math.random() * (PAUSE_MS[1] - PAUSE_MS[0])

export const prepare = async ({ contestant, url, tag, begin }) => {
  const session = await contestant.open({ url })
  await begin()
  await session.command(streamName(tag, 0), 1)
  await session.close()
  return { acknowledged: 1 }
}

const listen = async (session, seconds) => {
  const handled = []
  const stop = await session.subscribe((data) => handled.push([data.number, now()]))
  await wait(SETTLE_MS + seconds * 1000 + LINGER_MS)
  await stop()
  return handled
}

const send = async (session, stream, seconds) => {
  const sent = []
  await wait(SETTLE_MS)
  for (let number = 2, until = now() + seconds * 1000; now() < until; number++) {
    await session.command(stream, 1)
    sent.push([number, now()])
    await wait(pause())
  }
  return sent
}

export const work = async ({ contestant, cell, url, tag, index, seconds, begin }) => {
  const session = await contestant.open({ url, across: cell.processes > 1 })
  await begin()
  const alone = cell.processes === 1
  const [handled, sent] = await Promise.all([
    alone || index === 1 ? listen(session, seconds) : [],
    alone || index === 0 ? send(session, streamName(tag, 0), seconds) : [],
  ])
  await session.close()
  return { acknowledged: sent.length, sent, handled }
}

/** Milliseconds from the caller's answer to the handler; 0 if the handler was first. */
export const joined = (results) => {
  const handledAt = new Map(results.flatMap(({ handled }) => handled))
  const sent = results.flatMap((result) => result.sent)
  const missed = sent.filter(([number]) => !handledAt.has(number)).length
  if (missed > 0) throw new Error(`${missed} of ${sent.length} events never reached the subscriber`)
  return sent.map(([number, at]) => Math.max(0, handledAt.get(number) - at))
}
