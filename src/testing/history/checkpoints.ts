import type { Position } from '../../core/stream'
import type { Answer, Question, WorkEntry } from './entries'
import type { CallTimes } from './stream-facts'
import type { SubscriptionFacts } from './readers'
import type { Report } from './violation'

type StepQuestion = Extract<Question, { readonly _tag: 'Step' }>
type ClaimQuestion = Extract<Question, { readonly _tag: 'Claim' }>
type Claimed = Extract<Answer, { readonly _tag: 'Claimed' }>

interface Step {
  readonly call: number
  readonly to: Position
}

interface Partition {
  readonly from: Position
  /** Everything up to here is done: what was acknowledged leads here without a gap. */
  upTo: Position
  upToBy: number
  /** Acknowledged steps, and claims, that begin later than that. By where they begin. */
  readonly ahead: Map<Position, Step>
  /** Steps whose outcome is not known. */
  readonly unknown: Map<Position, Step[]>
  /** The newest owner that is known. */
  token: number
  tokenBy: number
  readonly owners: Map<number, { readonly instance: string; readonly call: number }>
}

interface Subscription {
  partitions: number
  categories: ReadonlyArray<string> | undefined
  types: ReadonlyArray<string> | undefined
  tags: ReadonlyArray<string> | undefined
  readonly known: Map<number, Partition>
  lastCall: number
}

/** What was known of a partition when a call began. */
export interface Before {
  readonly token: number
  readonly tokenBy: number
  readonly upTo: Position
  readonly upToBy: number
}

/** Follows the checkpoints of all subscriptions. */
export interface Checkpoints {
  readonly registered: (
    asked: Extract<Question, { readonly _tag: 'Register' }>,
    partitions: number,
  ) => void
  /** To be kept until the call is answered. */
  readonly begun: (asked: StepQuestion | ClaimQuestion) => ReadonlyMap<number, Before>
  readonly claimed: (
    asked: ClaimQuestion,
    answer: Claimed,
    before: ReadonlyMap<number, Before>,
    call: number,
  ) => void
  readonly saved: (
    asked: StepQuestion,
    work: WorkEntry['work'],
    before: ReadonlyMap<number, Before>,
    call: number,
  ) => void
  /** A step that may have been saved. */
  readonly unknown: (asked: StepQuestion, work: WorkEntry['work'], times: CallTimes) => void
  /** The calls of those steps that must have been saved although it was not known, and all subscriptions. */
  readonly conclude: () => {
    readonly effective: ReadonlySet<number>
    readonly subscriptions: ReadonlyMap<string, SubscriptionFacts>
  }
}

/** What is in both filters. `undefined`: everything is. */
const both = (
  left: ReadonlyArray<string> | undefined,
  right: ReadonlyArray<string> | undefined,
): ReadonlyArray<string> | undefined =>
  left === undefined ? right : left.filter((name) => right?.includes(name) ?? true)

/** The steps that lead from where a partition is to `target`, of those whose outcome is not known. */
const bridge = (
  { unknown }: Partition,
  from: Position,
  target: Position,
): ReadonlyArray<Step> | undefined => {
  if (from === target) return []
  for (const step of unknown.get(from) ?? []) {
    if (step.to > target || step.to <= from) continue
    const rest = bridge({ unknown } as Partition, step.to, target)
    if (rest !== undefined) return [step, ...rest]
  }
  return undefined
}

export const checkpoints = (report: Report): Checkpoints => {
  const subscriptions = new Map<string, Subscription>()
  const effective = new Set<number>()
  const of = (name: string): Subscription => {
    const known = subscriptions.get(name) ?? {
      partitions: 0,
      categories: undefined,
      types: undefined,
      tags: undefined,
      known: new Map(),
      lastCall: 0,
    }
    subscriptions.set(name, known)
    return known
  }
  const partitionOf = (name: string, number: number, from: Position): Partition => {
    const { known } = of(name)
    const partition = known.get(number) ?? {
      from,
      upTo: from,
      upToBy: 0,
      ahead: new Map(),
      unknown: new Map(),
      token: 0,
      tokenBy: 0,
      owners: new Map(),
    }
    known.set(number, partition)
    return partition
  }
  const advance = (partition: Partition): void => {
    for (let step = partition.ahead.get(partition.upTo); step !== undefined;) {
      partition.ahead.delete(partition.upTo)
      if (step.to === partition.upTo) return
      partition.upTo = step.to
      partition.upToBy = step.call
      step = partition.ahead.get(partition.upTo)
    }
  }
  const subjectOf = (name: string, partition: number) => `${name}, partition ${partition}`

  return {
    registered: ({ subscription, categories, types, tags }, partitions) => {
      const known = of(subscription)
      known.partitions = partitions
      // What one of them does not read may have been passed over while it was the only one.
      known.categories = both(known.categories, categories)
      known.types = both(known.types, types)
      known.tags = both(known.tags, tags)
    },
    begun: (asked) => {
      if (asked._tag === 'Step') partitionOf(asked.subscription, asked.partition, asked.after)
      return new Map(
        [...of(asked.subscription).known]
          .filter(([number]) => asked._tag === 'Claim' || asked.partition === number)
          .map(([number, { token, tokenBy, upTo, upToBy }]) => [
            number,
            { token, tokenBy, upTo, upToBy },
          ]),
      )
    },
    claimed: ({ subscription: name, instance }, { leases }, before, call) => {
      for (const { partition: number, token, position } of leases) {
        const partition = partitionOf(name, number, position)
        const subject = subjectOf(name, number)
        const owner = partition.owners.get(token)
        if (owner !== undefined && owner.instance !== instance) {
          const message = `${owner.instance} and ${instance} were both given token ${token}`
          report({ promise: 'TokenGivenTwice', subject, message, calls: [owner.call, call] })
        }
        if (owner === undefined) {
          partition.owners.delete(token - 16) // only the newest ones can still be given
          partition.owners.set(token, { instance, call })
        }
        const was = before.get(number)
        if (was !== undefined && position < was.upTo) {
          const message = `it was done up to ${was.upTo}, and a later claim answers ${position}`
          report({ promise: 'CheckpointMoved', subject, message, calls: [was.upToBy, call] })
        }
        if (token > partition.token) {
          partition.token = token
          partition.tokenBy = call
        }
        if (position > partition.upTo && !partition.ahead.has(position)) {
          partition.ahead.set(position, { call, to: position })
        }
      }
    },
    saved: (
      { subscription: name, partition: number, token, after },
      { position },
      before,
      call,
    ) => {
      const partition = partitionOf(name, number, after)
      const subject = subjectOf(name, number)
      of(name).lastCall = call
      const was = before.get(number)
      if (was !== undefined && was.token > token) {
        const message = `a step of token ${token} was saved after token ${was.token} had been given`
        report({ promise: 'FencedStepSaved', subject, message, calls: [was.tokenBy, call] })
      }
      const twin = partition.ahead.get(after)
      if (after < partition.upTo || (twin !== undefined && twin.to > after)) {
        const message = `a step after ${after} was saved, which was done up to ${partition.upTo} already`
        const calls = [twin?.call ?? partition.upToBy, call]
        report({ promise: 'StepSavedTwice', subject, message, calls })
        return
      }
      partition.ahead.set(after, { call, to: position })
      advance(partition)
    },
    unknown: ({ subscription, partition: number, after }, { position }, { call }) => {
      const { unknown } = partitionOf(subscription, number, after)
      unknown.set(after, [...(unknown.get(after) ?? []), { call, to: position }])
    },
    conclude: () => {
      const facts = new Map<string, SubscriptionFacts>()
      for (const [
        name,
        { partitions, categories, types, tags, known, lastCall },
      ] of subscriptions) {
        for (const [number, partition] of known) {
          while (partition.ahead.size > 0) {
            const next = Math.min(...partition.ahead.keys())
            const steps = bridge(partition, partition.upTo, next)
            if (steps === undefined) {
              const call = partition.ahead.get(next)?.call ?? 0
              const message = `the checkpoint is at ${next}, and no step leads there from ${partition.upTo}`
              const calls = [partition.upToBy, call].filter((one) => one > 0)
              report({
                promise: 'CheckpointMoved',
                subject: subjectOf(name, number),
                message,
                calls,
              })
              partition.ahead.clear()
              break
            }
            for (const step of steps) effective.add(step.call)
            partition.upTo = next
            advance(partition)
          }
        }
        const filter = {
          ...(categories === undefined ? {} : { categories }),
          ...(types === undefined ? {} : { types }),
          ...(tags === undefined ? {} : { tags }),
        }
        if (partitions > 0)
          facts.set(name, { name, partitions, progress: known, lastCall, ...filter })
      }
      return { effective, subscriptions: facts }
    },
  }
}
