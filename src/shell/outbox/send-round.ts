import * as E from 'fp-ts/Either'
import { leaseLost, handlerFailed } from '../../core/errors/subscription'
import { isCausedByWork } from '../../core/fault'
import type { DueOutboxCommand, Outbox } from '../../core/ports/outbox'
import type { Position } from '../../core/stream'
import { beforeTrying, isCautious } from '../subscription/attempt-step'
import { breaker } from '../subscription/breaker'
import type { Settings } from '../subscription/definition'
import type { StepError } from '../subscription/effects'
import type { HandlerBounds } from '../subscription/handler'
import type { BetweenBatches, WorkerContext } from '../subscription/worker-context'
import { type Answered, sendAll } from './dispatch-step'
import { type Judged, judgeFailures } from './judge-failures'
import type { ProcessWrites } from './react-step'
import type { RecordError } from './record-answers'
import { performance } from '../../platform/node'

const SEND_BATCH_SIZE = 50

const byKey = (
  commands: ReadonlyArray<DueOutboxCommand>,
): ReadonlyArray<ReadonlyArray<DueOutboxCommand>> => {
  const groups = new Map<string, DueOutboxCommand[]>()
  for (const command of commands) {
    const group = groups.get(command.key)
    if (group === undefined) groups.set(command.key, [command])
    else group.push(command)
  }
  return [...groups.values()]
}

/** What {@link sendBetweenBatches} needs of a process manager. */
export interface SendRound<Transaction, Command> {
  /** The name of the process manager. */
  readonly name: string
  /** Whether the process manager has an `onRejected`. */
  readonly answersRejections: boolean
  readonly outbox: Outbox<Transaction>
  readonly writesIn: (transaction: Transaction) => ProcessWrites
  readonly send: (entry: DueOutboxCommand, bounds: HandlerBounds) => Promise<Answered<Command>>
  readonly record: (
    answers: ReadonlyArray<Answered<Command>>,
    judged: ReadonlyMap<string, Judged>,
    writes: ProcessWrites,
  ) => Promise<E.Either<RecordError, void>>
}

/** Sends the commands that are due, and stores their outcomes, between two batches of events. */
export const sendBetweenBatches = <Transaction, Command>(
  { poison }: Pick<Settings, 'poison'>,
  round: SendRound<Transaction, Command>,
): BetweenBatches<Transaction> => {
  const { name, outbox, answersRejections } = round
  const together = breaker(poison)
  let goOnAt = 0

  const report = (
    { onNotice, onHandled, settings }: WorkerContext<Transaction>,
    answers: ReadonlyArray<Answered<Command>>,
    judged: ReadonlyMap<string, Judged>,
  ): void => {
    for (const answer of answers) {
      const { key, id: commandId } = answer.entry
      const { name: subscription } = settings
      for (const notice of judged.get(commandId)?.notices ?? []) onNotice(notice)
      if (answer._tag === 'Failed') continue
      const outcome = answer._tag === 'Done' ? 'done' : 'rejected'
      onHandled?.({ _tag: 'CommandSent', subscription, key, commandId, outcome })
      if (answer._tag !== 'Rejected' || answersRejections) continue
      const { rejection } = answer
      onNotice({ _tag: 'CommandRejected', subscription, key, commandId, rejection })
    }
  }

  const recordOutcome = async (
    context: WorkerContext<Transaction>,
    checkpoint: Position,
    answers: ReadonlyArray<Answered<Command>>,
    judged: ReadonlyMap<string, Judged>,
  ): Promise<E.Either<StepError, void>> => {
    const { lease, environment } = context
    const written = await environment.subscriptions.commit(
      { lease, after: checkpoint },
      (transaction) => async () => {
        const settled = await round.record(answers, judged, round.writesIn(transaction))
        if (E.isRight(settled)) return E.right({ position: checkpoint })
        const { left: error } = settled
        return error._tag === 'StoreFailed'
          ? E.left(error)
          : E.left(handlerFailed(lease.subscription, checkpoint, error.cause))
      },
    )()
    if (E.isRight(written)) {
      report(context, answers, judged)
      return written
    }
    const { left: error } = written
    if (error._tag !== 'HandlerFailed' && !isCausedByWork(error)) return written
    // The compensation of one of them cannot be written: one by one, only that one fails.
    const [first, ...others] = answers
    if (others.length > 0) {
      for (const answer of answers) {
        const alone = await recordOutcome(context, checkpoint, [answer], judged)
        if (E.isLeft(alone)) return alone
      }
      return E.right(undefined)
    }
    if (first === undefined || first._tag === 'Failed') return written
    const cause = error._tag === 'HandlerFailed' ? error.cause : error
    const failed = [{ _tag: 'Failed', entry: first.entry, cause }] as const
    return recordOutcome(
      context,
      checkpoint,
      failed,
      judgeFailures(context, together, failed).judged,
    )
  }

  return {
    begin: () => outbox.retryUndecodable(name)(),
    round: async (context, checkpoint) => {
      const { lease, memory, settings, abandonment, signal, mayWork } = context
      if (performance.now() < goOnAt) return E.right(false)
      const due = await outbox.takeDue(name, isCautious(context) ? 1 : SEND_BATCH_SIZE)()
      if (E.isLeft(due)) return due
      if (due.right.length === 0) return E.right(false)
      const turn = {
        abandonment,
        handlerTimeout: settings.handlerTimeout,
        mayGoOn: () => mayWork(performance.now()) && !signal.aborted,
        beforeTrying: (what: string) => beforeTrying(context, what),
      }
      memory.busySince = performance.now()
      const sent = await Promise.all(
        byKey(due.right).map((group) => sendAll(round.send, group, turn)),
      )
      memory.busySince = undefined
      const answers: Answered<Command>[] = []
      for (const answered of sent) {
        if (E.isLeft(answered)) return answered
        answers.push(...answered.right)
      }
      if (answers.length === 0) {
        const { subscription, partition, token } = lease
        return signal.aborted ? E.right(false) : E.left(leaseLost(subscription, partition, token))
      }
      const { judged, pause } = judgeFailures(context, together, answers)
      if (pause !== undefined) goOnAt = performance.now() + pause
      const written = await recordOutcome(context, checkpoint, answers, judged)
      return E.isLeft(written) ? written : E.right(true)
    },
  }
}
