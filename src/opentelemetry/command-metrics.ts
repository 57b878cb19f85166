import type { Attributes, Meter } from '@opentelemetry/api'
import type { HandledNotice } from '../shell/notices/notices'
import { isFailure } from '../shell/notices/outcomes'
import type { DurationHistogram, DurationHistograms, DurationSeries } from './duration-histograms'

type CommandHandled = Extract<HandledNotice, { readonly _tag: 'CommandHandled' }>

/** What is counted of a category, in numbers of our own: an SDK takes a microsecond to find each of its. */
interface Counts {
  readonly attributes: Attributes
  /** By the type of a command, and what it came to. */
  readonly durations: Map<string | undefined, Map<string, DurationSeries>>
  commands: number
  attempts: number
  hits: number
  misses: number
  /** One for every group of commands that were decided and appended together. */
  groups: number
  /** Since the last collection. */
  longestQueue: number
  largestGroup: number
}

/** A codec may take any text as the type of a command: more of them are looked up each time. */
const MOST_TYPES = 256

const durationsOf = (
  duration: DurationHistogram,
  { attributes, durations }: Counts,
  { type, outcome, error }: CommandHandled,
): DurationSeries => {
  const ofType = durations.get(type)
  const known = ofType?.get(outcome)
  if (known !== undefined) return known
  const made = duration.series({
    ...attributes,
    ...(type === undefined ? {} : { 'reprise.command.type': type }),
    'reprise.outcome': outcome,
    ...(error !== undefined && isFailure(error) ? { 'error.type': outcome } : {}),
  })
  if (ofType !== undefined) ofType.set(outcome, made)
  else if (durations.size < MOST_TYPES) durations.set(type, new Map([[outcome, made]]))
  return made
}

/** The metrics of commands. `beforeCollection` is called whenever metrics are about to be collected. */
export const commandMetrics = (
  meter: Meter,
  { histogram }: Pick<DurationHistograms, 'histogram'>,
  beforeCollection: () => void,
) => {
  const duration = histogram(
    'reprise.command.duration',
    'From the call of a command to its answer, retries included.',
  )
  const conflicts = meter.createCounter('reprise.command.conflicts', {
    unit: '{command}',
    description: 'Commands that were decided again, because another writer was first.',
  })
  const attempts = meter.createObservableCounter('reprise.command.attempts', {
    unit: '{attempt}',
    description: 'How often commands were decided.',
  })
  const cache = meter.createObservableCounter('reprise.command.cache', {
    unit: '{command}',
    description:
      'Commands that were decided on a state in memory (hit), or on one that was read (miss).',
  })
  const grouped = meter.createObservableCounter('reprise.command.grouped', {
    unit: '{command}',
    description: 'Commands that were decided and appended, alone or with others.',
  })
  const groups = meter.createObservableCounter('reprise.command.groups', {
    unit: '{group}',
    description: 'Groups of commands that were decided and appended together.',
  })
  const largest = meter.createObservableGauge('reprise.command.group.size', {
    unit: '{command}',
    description: 'The largest group since the last collection.',
  })
  const longest = meter.createObservableGauge('reprise.command.queue.depth', {
    unit: '{command}',
    description:
      'The most commands of one stream that were not answered yet, since the last collection.',
  })

  const categories = new Map<string, Counts>()
  const countsOf = (category: string): Counts => {
    const known = categories.get(category)
    if (known !== undefined) return known
    const made = {
      attributes: { 'reprise.category': category },
      durations: new Map(),
      commands: 0,
      attempts: 0,
      hits: 0,
      misses: 0,
      groups: 0,
      longestQueue: 0,
      largestGroup: 0,
    }
    categories.set(category, made)
    return made
  }

  meter.addBatchObservableCallback(
    (observed) => {
      beforeCollection()
      for (const counts of categories.values()) {
        const { attributes } = counts
        observed.observe(attempts, counts.attempts, attributes)
        observed.observe(cache, counts.hits, { ...attributes, 'reprise.cache': 'hit' })
        observed.observe(cache, counts.misses, { ...attributes, 'reprise.cache': 'miss' })
        observed.observe(grouped, counts.commands, attributes)
        observed.observe(groups, counts.groups, attributes)
        observed.observe(largest, counts.largestGroup, attributes)
        observed.observe(longest, counts.longestQueue, attributes)
        counts.largestGroup = 0
        counts.longestQueue = 0
      }
    },
    [attempts, cache, grouped, groups, largest, longest],
  )

  return {
    handled: (notice: CommandHandled): void => {
      const counts = countsOf(notice.category)
      if (notice.attempts > 0) {
        counts.commands += 1
        counts.attempts += notice.attempts
        counts.groups += 1 / notice.group
        if (notice.isCached) counts.hits += 1
        else counts.misses += 1
        if (notice.group > counts.largestGroup) counts.largestGroup = notice.group
      }
      if (notice.waiting > counts.longestQueue) counts.longestQueue = notice.waiting
      durationsOf(duration, counts, notice).record(notice.duration / 1000)
    },
    overtaken: (category: string, commands: number): void =>
      conflicts.add(commands, { 'reprise.category': category }),
  }
}
