import type { FailureNote } from '../../core/errors/subscription'
import {
  type HeldEvent,
  type HeldEventPage,
  type OutboxPage,
  type PartitionStatus,
  partitionTitle,
  type PendingOutboxCommand,
} from '../../core/operator/status'
import type { BuildStatus } from '../../core/ports/projection-store'
import { propertyOf } from '../../core/owns'
import { argument, briefly, count } from '../../core/text'
import { eventsText } from './subscriptions'
import { moment, safe } from './text'

/** How many places of a stack, and lines of its head, are shown. With `--json`, all of it. */
const STACK = 4

const indented = (lines: ReadonlyArray<string>, by: string): string =>
  lines.map((line) => `${by}${safe(line.trim())}\n`).join('')

const isPlace = (line: string): boolean => /^\s*at /.test(line)

/** The places of a stack: those in the application's own code, if there are any. */
const placesOf = (lines: ReadonlyArray<string>): ReadonlyArray<string> => {
  const places = lines.filter(isPlace)
  const own = places.filter((line) => !/node_modules|node:internal/.test(line))
  return own.length > 0 ? own : places
}

/** The head of a stack, unless the message says as much: `TypeError: x is not a function`. */
const headOf = (message: string, lines: ReadonlyArray<string>): ReadonlyArray<string> => {
  const first = lines.findIndex(isPlace)
  const head = first < 0 ? lines : lines.slice(0, first)
  return message.includes(
    head
      .join('\n')
      .replace(/^Error: /, '')
      .trim(),
  )
    ? []
    : head
}

const messageText = (message: string): string =>
  message
    .split('\n')
    .map((line) => `    ${safe(line.trimEnd())}\n`)
    .join('')

/** The message, and the top of the stack below it. */
const failureText = ({ message, stack }: FailureNote): string => {
  if (stack === undefined) return messageText(message)
  const lines = stack.split('\n')
  const head = headOf(message, lines).slice(0, STACK)
  const places = placesOf(lines).slice(0, STACK)
  const isShort = lines.filter(isPlace).length > places.length
  return (
    messageText(message) +
    indented([...head, ...places], '      ') +
    (isShort ? '      (--json shows the whole stack)\n' : '')
  )
}

/** What the failures of two events or commands have in common when the cause is the same. */
const causeOf = ({ message, stack = '' }: FailureNote): string =>
  `${message.replace(/(position|command) \S+:/, '')}\n${stack}`

/** The failures of a list: one with the same cause as the one before says only that. */
const failuresOf = () => {
  let before: string | undefined
  return (failure: FailureNote): string => {
    const cause = causeOf(failure)
    const isSame = cause === before
    before = cause
    return isSame ? '    failed as the one above\n' : failureText(failure)
  }
}

const ownerText = (status: PartitionStatus): string => {
  const { owner, leasedUntil, heartbeatAge, heartbeatAt } = status
  if (owner !== undefined && leasedUntil !== undefined) {
    const beat =
      heartbeatAge === undefined ? '' : `last heartbeat ${briefly(heartbeatAge / 1000)} ago, `
    return `owner ${safe(owner)}\n  ${beat}lease until ${moment(leasedUntil)} UTC`
  }
  return heartbeatAt === undefined
    ? 'no owner yet'
    : `no owner, the last heartbeat was at ${moment(heartbeatAt)}`
}

/** Who owns a partition, and why it does not progress. */
export const partitionText = (status: PartitionStatus): string => {
  const { subscription, failure, pausedAt, busySince, lastTrouble } = status
  const name = safe(argument(subscription))
  return [
    `${safe(partitionTitle(status))}: ${ownerText(status)}\n`,
    busySince === undefined ? '' : `  busy with one batch since ${moment(busySince)} UTC\n`,
    pausedAt === undefined
      ? ''
      : `  paused since ${moment(pausedAt)} UTC\n  -> npx reprise unpause ${name}\n`,
    lastTrouble === undefined || failure !== undefined
      ? ''
      : `  last trouble, at ${moment(lastTrouble.at)} UTC:\n${messageText(lastTrouble.message)}`,
    failure === undefined
      ? ''
      : `  stopped, because\n${failureText(failure)}  -> npx reprise retry ${name}\n`,
  ].join('')
}

const stateOf = ({ state, keptUntil }: BuildStatus): string => {
  switch (state) {
    case 'active':
      return 'active: readers see it'
    case 'kept':
      return keptUntil === undefined ? 'kept' : `kept until ${moment(keptUntil)} UTC`
    case 'building':
      return 'being made: readers do not see it yet'
    case 'removing':
      return 'being deleted'
  }
}

/** The builds of a projection, and how to go back to the one before. */
export const buildsText = (
  projection: string | undefined,
  builds: ReadonlyArray<BuildStatus>,
): string => {
  if (projection === undefined || builds.length === 0) return ''
  const lines = builds.map((build) => {
    const { version, build: number, reached, held, instances } = build
    const place = reached === undefined ? 'not started' : `at position ${reached}`
    const holding = held === 0 ? '' : `, ${count(held, 'stream')} held back`
    return `  version ${version}, build ${number}: ${stateOf(build)}; ${place}${holding}, ${instances === 0 ? 'no program runs it' : `run by ${count(instances, 'program')}`}\n`
  })
  const back = builds.some(({ state }) => state === 'kept')
    ? `  -> npx reprise rollback ${safe(argument(projection))}\n`
    : ''
  return `\nBuilds of ${safe(projection)}:\n${lines.join('')}${back}`
}

const fateOf = ({ decision, retryAt, attempts, triedAt }: HeldEvent): string => {
  const tried = `${count(attempts, 'attempt')}, the last at ${moment(triedAt)}`
  if (decision !== undefined) {
    return `${decision} was decided, but its owner has not acted on it yet; ${tried}`
  }
  return retryAt === undefined ? `parked; ${tried}` : `tried again at ${moment(retryAt)}; ${tried}`
}

const eventBlock = (event: HeldEvent, failed: (failure: FailureNote) => string): string => {
  const { streamId, version, position, type, behind, failure } = event
  const waiting =
    behind.events === 0
      ? ''
      : `; ${eventsText(behind)} later events of the stream are held back by it`
  return (
    `  ${safe(streamId)} from version ${version} on: position ${position}, ${safe(type)}\n` +
    `    ${fateOf(event)}${waiting}\n${failed(failure)}`
  )
}

/** @param total - of all pages. */
const moreText = (shown: number, total: number): string =>
  total > shown
    ? `  ... and ${(total - shown).toLocaleString('en')} more. To see them, add: --limit <n>\n`
    : ''

/** The first events that a subscription could not handle, and how many more there are. */
export const heldText = (name: string, { events }: HeldEventPage, total: number): string => {
  if (events.length === 0) return ''
  const quoted = safe(argument(name))
  const failed = failuresOf()
  const blocks = events.map((event) => eventBlock(event, failed))
  const next =
    `  -> npx reprise retry ${quoted} [--stream <id>]\n` +
    `  -> npx reprise skip ${quoted} --stream <id>\n`
  return `\nHeld events:\n${blocks.join('\n')}${moreText(events.length, total)}${next}`
}

const typeOf = ({ command }: PendingOutboxCommand): string => {
  const type = propertyOf(command, 'type')
  return typeof type === 'string' ? type : 'a command'
}

/** The first commands that a process manager could not send, and how many more there are. */
export const commandsText = (name: string, { commands }: OutboxPage, total: number): string => {
  if (commands.length === 0) return ''
  const failed = failuresOf()
  const blocks = commands.map((command) => {
    const { id, key, timer, attempts, failure } = command
    const title = `${safe(typeOf(command))}${timer === undefined ? '' : ` (timer ${safe(timer)})`}`
    return (
      `  ${safe(id)} of ${safe(key)}: ${title}\n` +
      `    parked; ${count(attempts, 'attempt')}\n${failure === undefined ? '' : failed(failure)}`
    )
  })
  const quoted = safe(argument(name))
  const next =
    `  -> npx reprise retry ${quoted} [--command <id>]\n` +
    `  -> npx reprise skip ${quoted} --command <id>\n`
  return `\nCommands that could not be sent:\n${blocks.join('\n')}${moreText(commands.length, total)}${next}`
}
