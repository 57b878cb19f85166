import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import type { SubscriptionNotFound } from '../core/errors/operator'
import type { StoreFailed } from '../core/errors/store'
import type { HeldEventRef } from '../core/operator/status'
import type { Decision, Operator } from '../core/ports/operator'
import { processOf } from '../core/process-manager'
import type { Selection } from './selection'

/** The result of a decision. */
export interface Decided {
  /** The numbers of partitions that were stopped and now continue. */
  readonly resumed: ReadonlyArray<number>
  readonly events: ReadonlyArray<HeldEventRef>
  /** Ids of outbox commands. */
  readonly commands: ReadonlyArray<string>
}

type Failure = StoreFailed | SubscriptionNotFound
type Deciding<Item> = TE.TaskEither<Failure, ReadonlyArray<Item>>

const PAGE = 1_000
const none: Deciding<never> = TE.right([])

/** Decides, page by page, about the events that are held when their page is read, and about no others. */
const decidePages =
  (
    operator: Operator,
    subscription: string,
    decision: Decision,
    stream: string | undefined,
  ): Deciding<HeldEventRef> =>
  async () => {
    const decided: HeldEventRef[] = []
    let after = 0
    for (;;) {
      const page = await operator.heldEvents(subscription, { after, limit: PAGE })()
      if (E.isLeft(page)) return page
      const chosen = page.right.events.filter(
        ({ streamId }) => stream === undefined || streamId === stream,
      )
      const positions = chosen.map(({ position }) => position)
      const done = await operator.decide(subscription, decision, positions)()
      if (E.isLeft(done)) return done
      decided.push(...done.right)
      after = page.right.events.at(-1)?.position ?? after
      if (!page.right.more) return E.right(decided)
    }
  }

const decideEvents = (
  operator: Operator,
  subscription: string,
  decision: Decision,
  selection: Selection,
): Deciding<HeldEventRef> => {
  switch (selection._tag) {
    case 'All':
      return decidePages(operator, subscription, decision, undefined)
    case 'Stream':
      return decidePages(operator, subscription, decision, selection.stream)
    case 'Position':
      return operator.decide(subscription, decision, [selection.position])
    case 'Command':
      return none
  }
}

const parkedIds =
  (operator: Operator, process: string): TE.TaskEither<StoreFailed, ReadonlyArray<string>> =>
  async () => {
    const ids: string[] = []
    let after = 0
    for (;;) {
      const page = await operator.outbox(process, { which: 'parked', after, limit: PAGE })()
      if (E.isLeft(page)) return page
      ids.push(...page.right.commands.map(({ id }) => id))
      after = page.right.commands.at(-1)?.sequence ?? after
      if (!page.right.more) return E.right(ids)
    }
  }

const decideOutboxCommands = (
  operator: Operator,
  subscription: string,
  decision: Decision,
  selection: Selection,
): Deciding<string> => {
  const process = processOf(subscription)
  if (process === undefined) return none
  switch (selection._tag) {
    case 'All':
      return pipe(
        parkedIds(operator, process),
        TE.flatMap((ids) => operator.decideCommands(process, decision, ids)),
      )
    case 'Command':
      return operator.decideCommands(process, decision, [selection.command])
    case 'Stream':
    case 'Position':
      return none
  }
}

const resume = (
  operator: Operator,
  subscription: string,
  decision: Decision,
  selection: Selection,
): Deciding<number> => {
  if (decision === 'retry' && selection._tag === 'All') return operator.resume(subscription)
  return decision === 'skip' && selection._tag === 'Position'
    ? operator.skipStopped(subscription, selection.position)
    : none
}

/** Carries out a decision about everything that was selected. */
export const decideAbout = (
  operator: Operator,
  subscription: string,
  decision: Decision,
  selection: Selection,
): TE.TaskEither<Failure, Decided> =>
  pipe(
    TE.Do,
    TE.bind('resumed', () => resume(operator, subscription, decision, selection)),
    TE.bind('events', () => decideEvents(operator, subscription, decision, selection)),
    TE.bind('commands', () => decideOutboxCommands(operator, subscription, decision, selection)),
  )
