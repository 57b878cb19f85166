import { MOST_EVENTS, setting } from '../setting'
import { isComplete, type TaggedCategory } from '../tagged-category'
import { argument, briefly, count, firstThree } from '../text'
import { holderText, type Horizon } from './horizon'
import type { UnusedRange } from './moving-to-files'
import { partitionTitle, type PartitionStatus } from './status'

/** What a check has found. */
export interface Finding {
  /** The name of the check. */
  readonly check: string
  readonly level: 'ok' | 'warning' | 'problem'
  /** What was found. */
  readonly message: string
  /** What to do about it. There is one unless all is well. */
  readonly advice?: string
}

/** What counts as too old. In milliseconds, each 0 or more; `Infinity`: nothing does. */
export interface OperatorThresholds {
  /** The age from which a transaction that holds the horizon back is reported. Default 10,000. */
  readonly openAppend: number
  /** How long a subscription may be without an owner. Default 60,000. */
  readonly withoutOwner: number
  /** How far a read model may be behind. Default 60,000. */
  readonly readModelLag: number
  /** How long ago an instance that got no lease because of its filter is still reported. Default 60,000. */
  readonly outdatedInstance: number
}

/** The thresholds of an operator that was given none: 10 seconds for an open append, a minute for the others. */
export const defaultThresholds: OperatorThresholds = {
  openAppend: 10_000,
  withoutOwner: 60_000,
  readModelLag: 60_000,
  outdatedInstance: 60_000,
}

/** The default for each threshold that is left out, or is no number; see {@link setting}. */
export const thresholdsOf = (given: Partial<OperatorThresholds>): OperatorThresholds => ({
  openAppend: setting(given.openAppend, defaultThresholds.openAppend, 0),
  withoutOwner: setting(given.withoutOwner, defaultThresholds.withoutOwner, 0),
  readModelLag: setting(given.readModelLag, defaultThresholds.readModelLag, 0),
  outdatedInstance: setting(given.outdatedInstance, defaultThresholds.outdatedInstance, 0),
})

/** How many of the events that are behind are counted, if that is valid; see {@link setting}. */
export const countUpToOf = (given: number | undefined): number =>
  setting(given, 100_000, 1, MOST_EVENTS)

/** The check found no problem. */
export const ok = (check: string, message: string): Finding => ({ check, level: 'ok', message })

/** It works, but perhaps not for long, or not as well as it could. */
export const warning = (check: string, message: string, advice: string): Finding => ({
  check,
  level: 'warning',
  message,
  advice,
})

/** Something does not work, or data is in danger. */
export const problem = (check: string, message: string, advice: string): Finding => ({
  check,
  level: 'problem',
  message,
  advice,
})

/** Whether subscribers can read up to the end. */
export const horizonFinding = ({ horizon, last, holders }: Horizon): Finding => {
  const where = `at ${horizon}, the last position is ${last}`
  const accused = holders.find(({ advice }) => advice !== undefined)
  if (accused?.advice !== undefined) {
    return warning('horizon', `${where}; held back by ${holderText(accused)}`, accused.advice)
  }
  const appends = holders.length === 0 ? '' : `; ${count(holders.length, 'append')} under way`
  return ok('horizon', `${where}${appends}`)
}

const nameIn = ([first]: ReadonlyArray<PartitionStatus>): string =>
  argument(first?.subscription ?? '')

/** Whether every subscription runs. */
export const ownersFinding = (
  partitions: ReadonlyArray<PartitionStatus>,
  { withoutOwner }: OperatorThresholds,
): Finding => {
  const stopped = partitions.filter(({ state }) => state === 'stopped')
  if (stopped.length > 0) {
    return problem(
      'owners',
      `stopped by an event: ${firstThree(stopped.map(partitionTitle))}`,
      `To see why: npx reprise subscriptions ${nameIn(stopped)}. To resume it: npx reprise retry ${nameIn(stopped)}`,
    )
  }
  const lonely = partitions.filter(
    ({ state, heartbeatAge, age }) => state === 'no owner' && (heartbeatAge ?? age) > withoutOwner,
  )
  if (lonely.length > 0) {
    const since = ({ heartbeatAge, age }: PartitionStatus): string =>
      heartbeatAge === undefined
        ? `never had one, ${briefly(age / 1000)} old`
        : `for ${briefly(heartbeatAge / 1000)}`
    return warning(
      'owners',
      `without an owner: ${firstThree(lonely.map((one) => `${partitionTitle(one)} (${since(one)})`))}`,
      `Start the program that runs it. If there is none any more: npx reprise remove ${nameIn(lonely)} --yes`,
    )
  }
  const paused = partitions.filter(({ state }) => state === 'paused')
  if (paused.length > 0) {
    return warning(
      'owners',
      `paused: ${firstThree(paused.map(partitionTitle))}`,
      `To resume it: npx reprise unpause ${nameIn(paused)}`,
    )
  }
  return ok(
    'owners',
    partitions.length === 0
      ? 'no subscription yet'
      : 'every subscription has one, or had one a moment ago',
  )
}

const lackingText = (names: ReadonlyArray<string> | 'all' | undefined, what: string): string =>
  names === undefined ? '' : names === 'all' ? `all ${what}` : `${what} ${firstThree(names)}`

/** Whether every instance reads what its subscription has declared. */
export const filtersFinding = (
  partitions: ReadonlyArray<PartitionStatus>,
  { outdatedInstance }: OperatorThresholds,
): Finding => {
  const outdated = partitions.filter(
    ({ partition, outdated: last }) =>
      partition === 0 && last !== undefined && last.age <= outdatedInstance,
  )
  if (outdated.length === 0) return ok('filters', 'every instance reads what was declared')
  const listed = outdated.map(({ subscription, outdated: last }) => {
    const { types, categories, tags } = last?.missing ?? {}
    const lacking = [
      lackingText(types, 'types'),
      lackingText(categories, 'categories'),
      lackingText(tags, 'tags'),
    ]
    return `${subscription} (${lacking.filter((text) => text !== '').join(', ')})`
  })
  return warning(
    'filters',
    `an instance gets no work because it does not read all that was declared: ${firstThree(listed)}`,
    'An older release is running: stop it. If no release has to read that any more, narrow the filter: operator.narrow.',
  )
}

/** Whether held events or commands wait for a decision. */
export const parkedFinding = (partitions: ReadonlyArray<PartitionStatus>): Finding => {
  const total = ({ parked, parkedCommands }: PartitionStatus): number => parked + parkedCommands
  const having = partitions.filter((one) => total(one) > 0)
  if (having.length === 0) return ok('parked', 'nothing waits for a decision')
  const listed = having.map((one) => `${partitionTitle(one)} (${total(one)})`)
  return warning(
    'parked',
    `could not be handled, and waits for a decision: ${firstThree(listed)}`,
    `To see why: npx reprise subscriptions ${nameIn(having)}; then npx reprise retry or skip`,
  )
}

/** Whether read models are up to date, and no build was left behind. */
export const projectionsFinding = (
  partitions: ReadonlyArray<PartitionStatus>,
  { readModelLag }: OperatorThresholds,
): Finding => {
  const active = partitions.filter(({ build }) => build?.isActive === true)
  const behind = active.filter(({ lag }) => lag.seconds * 1000 > readModelLag)
  if (behind.length > 0) {
    const listed = behind.map(
      (one) =>
        `${partitionTitle(one)} by ${briefly(one.lag.seconds)}, ${count(one.lag.events, 'event')}${one.lag.orMore ? ' or more' : ''}`,
    )
    return warning(
      'projections',
      `behind: ${firstThree(listed)}`,
      'See npx reprise subscriptions: is it running, and does a transaction hold the horizon back?',
    )
  }
  const left = partitions.filter(
    ({ build, state }) =>
      build?.isActive === false && build.keptUntil === undefined && state !== 'running',
  )
  return left.length > 0
    ? warning(
        'projections',
        `incomplete build with no running process: ${firstThree(left.map(partitionTitle))}`,
        `npx reprise rebuild ${argument(left[0]?.build?.projection ?? '')} --module <file> deletes it, and starts again.`,
      )
    : ok('projections', `${count(active.length, 'read model')} up to date`)
}

/** Whether what reads by tags can rely on them. */
export const tagsFinding = (categories: ReadonlyArray<TaggedCategory>): Finding => {
  const named = (some: ReadonlyArray<TaggedCategory>): string =>
    firstThree(some.map(({ category }) => category))
  const incomplete = categories.filter((one) => !isComplete(one))
  const open = categories.filter(({ enforced }) => !enforced)
  if (incomplete.length > 0) {
    return problem(
      'tags',
      `the tags of ${named(incomplete)} are not complete, so conditions and reads by tags are refused`,
      'npx reprise tags rebuild <module>, with the module that exports the category',
    )
  }
  return ok(
    'tags',
    categories.length === 0
      ? 'no category declares tags'
      : `complete in ${categories.length === 1 ? '1 category' : `${categories.length} categories`}${open.length === 0 ? '' : `; of ${named(open)} for as long as every process that appends declares them`}`,
  )
}

/** Whether archive files hold bytes that nothing counts on, of streams that were erased perhaps. */
export const archiveFilesFinding = (unused: ReadonlyArray<UnusedRange>): Finding =>
  unused.length === 0
    ? ok('archives', 'no bytes of archive files are to be overwritten')
    : warning(
        'archives',
        `${count(unused.length, 'range')} of archive files may hold bytes of erased streams: ${firstThree([...new Set(unused.map(({ file }) => file))])}`,
        `npx reprise archive --to ${argument(unused[0]?.file ?? '')} overwrites those of that file, and so does an erase that is run again with --archives <folder>`,
      )
