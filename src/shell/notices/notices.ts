import * as E from 'fp-ts/Either'
import type { Position, StreamId } from '../../core/stream'
import { propertyOf } from '../../core/owns'
import type { StoredEvent } from '../../core/recorded-event'
import { catching } from '../catching'
import type { Notice } from '../category/notice'
import { performance } from '../../platform/node'
import type { WorkersNotice } from '../workers/worker'

/**
 * What has become of commands and of events: one for every command that was answered, for every batch of events that was
 * handled, and for every command of a process manager that was sent. Only `onAnyNotice` of a backend is given them: there
 * are as many as there are commands and batches.
 */
export type HandledNotice =
  /** A command was answered. */
  | {
      readonly _tag: 'CommandHandled'
      /** The name of its category or boundary; of commands together, all names, joined by `+`. */
      readonly category: string
      /** Of commands together all of them; none of a boundary, and of what is not valid. */
      readonly streamIds: ReadonlyArray<StreamId>
      /** The `type` of the command. `undefined`: it has none, it was not a command, or it is several together. */
      readonly type: string | undefined
      /** `accepted`, or the `_tag` of the error. */
      readonly outcome: string
      /** The error, unless it was accepted. */
      readonly error?: { readonly _tag: string }
      /** How many events it has led to. 0 or more. */
      readonly events: number
      /** How often it was decided. 0: it never came to that. */
      readonly attempts: number
      /** Whether every decision was made on a state in memory. */
      readonly isCached: boolean
      /** How many commands were decided and appended with it, itself included. 0: it never came to that. */
      readonly group: number
      /** How many commands of its stream were not answered yet when it arrived. 0 or more. */
      readonly waiting: number
      /** From the call to the answer, in milliseconds. */
      readonly duration: number
    }
  /** Some events were handled, and the checkpoint or their effects were saved. */
  | {
      readonly _tag: 'EventsHandled'
      readonly subscription: string
      readonly partition: number
      /** In the order of their positions. One or more. */
      readonly events: ReadonlyArray<StoredEvent>
      /** Where the checkpoint stands now. */
      readonly upTo: Position
      /** In milliseconds. */
      readonly duration: number
    }
  /** A command of a process manager has reached its receiver, which has done or rejected it. */
  | {
      readonly _tag: 'CommandSent'
      readonly subscription: string
      /** Of the process. */
      readonly key: string
      readonly commandId: string
      readonly outcome: 'done' | 'rejected'
    }

/**
 * Everything that is reported: what categories, boundaries, subscriptions, process managers, projections and workers do.
 * Positions in it are those of `source`, one of several sources of a backend. Without it there is one.
 */
export type AnyNotice = (Notice | WorkersNotice | HandledNotice) & { readonly source?: string }

/** Something that reports everything that happens on it: a backend, once it has an `onAnyNotice`. */
export interface Observed {
  /**
   * Called with every notice of everything that runs on this backend, besides the `onNotice` of each: what is handled, and
   * all trouble. What it throws is ignored. Default: nothing is reported, and nothing is paid for it.
   *
   * @example
   * const backend = { ...postgres(pool), onAnyNotice: logNotices(logger) }
   */
  readonly onAnyNotice?: ((notice: AnyNotice) => void) | undefined
}

const harmless =
  <Told>(tell: (notice: Told) => void) =>
  (notice: Told): void =>
    void catching(() => tell(notice))

/** What is called with what was handled. `undefined`: nobody asks for it. */
export const handledReporter = ({
  onAnyNotice,
}: Observed): ((notice: HandledNotice) => void) | undefined =>
  onAnyNotice === undefined ? undefined : harmless(onAnyNotice)

/** Tells the backend, and whoever has asked for the notices of this one part. */
export const reporter = <Told extends AnyNotice>(
  { onAnyNotice }: Observed,
  onNotice: ((notice: Told) => void) | undefined,
): ((notice: Told) => void) => {
  if (onAnyNotice === undefined) return onNotice ?? (() => undefined)
  const tellAll = harmless(onAnyNotice)
  return (notice) => {
    tellAll(notice)
    onNotice?.(notice)
  }
}

/** What it takes to answer a command, counted while it is handled. */
export interface Effort {
  /** Of the command, once they are known to be valid. */
  streamIds: ReadonlyArray<StreamId>
  attempts: number
  isCached: boolean
  group: number
  waiting: number
}

/** Of a command, or of several together, for which nothing was done so far. */
export const noEffort = (): Effort => ({
  streamIds: [],
  attempts: 0,
  isCached: true,
  group: 0,
  waiting: 0,
})

/** The commands of which a notice tells. */
export interface ToldCommand {
  readonly category: string
  readonly body: unknown
}

/** A command can be a proxy, or have getters that throw. */
const typeOf = (body: unknown): string | undefined => {
  const type = catching(() => propertyOf(body, 'type'))
  return E.isRight(type) && typeof type.right === 'string' ? type.right : undefined
}

/** Some commands were decided together: for the notice of each. */
export const countAttempt = (
  decided: ReadonlyArray<{ readonly pending: { readonly effort: Effort | undefined } }>,
  isLoaded: boolean,
): void => {
  for (const { pending } of decided) {
    const { effort } = pending
    if (effort === undefined) continue
    effort.attempts += 1
    effort.group = decided.length
    if (isLoaded) effort.isCached = false
  }
}

/**
 * Waits for the answer to a command, and reports it. Never changes the answer. Of a command that is none, no type is told:
 * it may be anything, and without end.
 */
export const reportingAnswer = <Failure extends { readonly _tag: string }, Result>(
  report: (notice: HandledNotice) => void,
  { category, body }: ToldCommand,
  handle: (effort: Effort) => Promise<E.Either<Failure, Result>>,
  eventsOf: (result: Result) => number,
): Promise<E.Either<Failure, Result>> => {
  const begun = performance.now()
  const effort = noEffort()
  // Not `await`, and no spread: each promise and each copy more is paid for every command.
  return handle(effort).then((answer) => {
    const duration = performance.now() - begun
    const { attempts, isCached, group, waiting, streamIds } = effort
    const isAccepted = E.isRight(answer)
    const outcome = isAccepted ? 'accepted' : answer.left._tag
    const isCommand = outcome !== 'InvalidCommand' && outcome !== 'InvalidStreamId'
    const notice: HandledNotice = {
      _tag: 'CommandHandled',
      category,
      streamIds,
      type: isCommand ? typeOf(body) : undefined,
      outcome,
      events: isAccepted ? eventsOf(answer.right) : 0,
      attempts,
      isCached: isCached && attempts > 0,
      group,
      waiting,
      duration,
    }
    report(isAccepted ? notice : { ...notice, error: answer.left })
    return answer
  })
}
