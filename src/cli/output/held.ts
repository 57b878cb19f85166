import type { HeldEvent, ParkedRequest } from '../read-side/held'
import type { PartitionView } from '../read-side/partitions'
import { titleOf } from './subscriptions'
import { briefly, count, moment, safe } from './text'

const indented = (text: string, by: string): string =>
  text
    .split('\n')
    .map((line) => `${by}${safe(line.trimEnd())}\n`)
    .join('')

/** The message, and the stack below it unless it says the same. */
const failureText = (failure: { readonly message: string; readonly stack?: string }): string =>
  indented(failure.message, '    ') +
  (failure.stack === undefined ? '' : indented(failure.stack, '      '))

const ownerText = (view: PartitionView): string => {
  if (view.owner !== null && view.leasedUntil !== null) {
    const heard = view.heartbeatAge === null ? '' : `heard ${briefly(view.heartbeatAge)} ago, `
    return `owner ${safe(view.owner)}\n  ${heard}lease until ${moment(view.leasedUntil)} UTC`
  }
  return view.heartbeatAt === null
    ? 'no owner yet'
    : `no owner, the last one was heard at ${moment(view.heartbeatAt)}`
}

/** Who works on a partition, and why nobody does. */
export const partitionText = (view: PartitionView): string => {
  const head = `${titleOf(view)}: ${ownerText(view)}\n`
  if (view.failure === null) return head
  return `${head}  stopped, because\n${failureText(view.failure)}  -> npx reprise retry ${safe(view.subscription)}\n`
}

const fateOf = ({ decision, retryAt, attempts, triedAt }: HeldEvent): string => {
  const tried = `${count(attempts, 'attempt')}, the last at ${moment(triedAt)}`
  if (decision !== null) return `${decision} was decided, its owner has not done it yet; ${tried}`
  return retryAt === null ? `parked; ${tried}` : `tried again at ${moment(retryAt)}; ${tried}`
}

/** The events that a subscription could not handle. */
export const heldText = (name: string, held: ReadonlyArray<HeldEvent>): string => {
  if (held.length === 0) return ''
  const blocks = held.map(
    (event) =>
      `  ${safe(event.streamId)} from version ${event.version} on: position ${event.position}, ${safe(event.type)}\n` +
      `    ${fateOf(event)}\n${failureText(event.failure)}`,
  )
  const next =
    `  -> npx reprise retry ${safe(name)} [--stream <id>]\n` +
    `  -> npx reprise skip ${safe(name)} --stream <id>\n`
  return `\nHeld back:\n${blocks.join('\n')}${next}`
}

/** The commands that a process manager could not send. */
export const requestsText = (name: string, requests: ReadonlyArray<ParkedRequest>): string => {
  if (requests.length === 0) return ''
  const blocks = requests.map(
    ({ id, key, type, timer, attempts, failure }) =>
      `  ${safe(id)} of ${safe(key)}: ${safe(type ?? 'a command')}${timer === null ? '' : ` (timer ${safe(timer)})`}\n` +
      `    parked; ${count(attempts, 'attempt')}\n${failure === null ? '' : failureText(failure)}`,
  )
  const next =
    `  -> npx reprise retry ${safe(name)} [--request <id>]\n` +
    `  -> npx reprise skip ${safe(name)} --request <id>\n`
  return `\nCommands that could not be sent:\n${blocks.join('\n')}${next}`
}
