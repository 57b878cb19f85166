import * as E from 'fp-ts/Either'
import { leaseLost, handlerFailed } from '../../core/errors/subscription'
import { isCausedByWork } from '../../core/fault'
import type { DueOutboxCommand, Outbox } from '../../core/ports/outbox'
import type { Position } from '../../core/stream'
import { beforeTrying, isWary } from '../subscription/attempt-step'
import { breaker } from '../subscription/breaker'
import type { Settings } from '../subscription/definition'
import type { StepError } from '../subscription/effects'
import type { HandlerBounds } from '../subscription/handler'
import type { BetweenBatches, WorkerContext } from '../subscription/worker-context'
import { type Answered, sendAll } from './dispatch-step'
import { type Judged, judgeFailures } from './judge-failures'
import type { ProcessWrites } from './react-step'
import type { RecordError } from './record-answers'

const MOST_REQUESTS = 50

const byKey = (
  requests: ReadonlyArray<DueOutboxCommand>,
): ReadonlyArray<ReadonlyArray<DueOutboxCommand>> => {
  const groups = new Map<string, DueOutboxCommand[]>()
  for (const request of requests) {
    const group = groups.get(request.key)
    if (group === undefined) groups.set(request.key, [request])
    else group.push(request)
  }
  return [...groups.values()]
}

/** What sending the commands of a process manager takes. */
export interface SendRound<Transaction, Command> {
  /** The process manager's. */
  readonly name: string
  /** Whether the process manager asks for something instead of what was rejected. */
  readonly answersRejections: boolean
  readonly requests: Outbox<Transaction>
  readonly writesIn: (transaction: Transaction) => ProcessWrites
  readonly send: (request: DueOutboxCommand, bounds: HandlerBounds) => Promise<Answered<Command>>
  readonly record: (
    answers: ReadonlyArray<Answered<Command>>,
    judged: ReadonlyMap<string, Judged>,
    writes: ProcessWrites,
  ) => Promise<E.Either<RecordError, void>>
}

/** Sends what is due, and writes down what became of it, between two batches of events. */
export const sendBetweenBatches = <Transaction, Command>(
  { poison }: Pick<Settings, 'poison'>,
  outbox: SendRound<Transaction, Command>,
): BetweenBatches<Transaction> => {
  const { name, requests, answersRejections } = outbox
  const together = breaker(poison)
  let goOnAt = 0

  const tell = (
    { onNotice, settings }: WorkerContext<Transaction>,
    answers: ReadonlyArray<Answered<Command>>,
    judged: ReadonlyMap<string, Judged>,
  ): void => {
    for (const answer of answers) {
      const { key, id: commandId } = answer.request
      for (const notice of judged.get(commandId)?.notices ?? []) onNotice(notice)
      if (answer._tag !== 'Refused' || answersRejections) continue
      const { rejection } = answer
      const subscription = settings.name
      onNotice({ _tag: 'CommandRejected', subscription, key, commandId, rejection })
    }
  }

  const writeDown = async (
    context: WorkerContext<Transaction>,
    checkpoint: Position,
    answers: ReadonlyArray<Answered<Command>>,
    judged: ReadonlyMap<string, Judged>,
  ): Promise<E.Either<StepError, void>> => {
    const { lease, environment } = context
    const written = await environment.subscriptions.commit(
      { lease, after: checkpoint },
      (transaction) => async () => {
        const settled = await outbox.record(answers, judged, outbox.writesIn(transaction))
        if (E.isRight(settled)) return E.right({ position: checkpoint })
        const { left: error } = settled
        return error._tag === 'StoreFailed'
          ? E.left(error)
          : E.left(handlerFailed(lease.subscription, checkpoint, error.cause))
      },
    )()
    if (E.isRight(written)) {
      tell(context, answers, judged)
      return written
    }
    const { left: error } = written
    if (error._tag !== 'HandlerFailed' && !isCausedByWork(error)) return written
    // What one of them asks for instead cannot be written: alone, it fails, and the others do not.
    const [first, ...others] = answers
    if (others.length > 0) {
      for (const answer of answers) {
        const alone = await writeDown(context, checkpoint, [answer], judged)
        if (E.isLeft(alone)) return alone
      }
      return E.right(undefined)
    }
    if (first === undefined || first._tag === 'Failed') return written
    const cause = error._tag === 'HandlerFailed' ? error.cause : error
    const failed = [{ _tag: 'Failed', request: first.request, cause }] as const
    return writeDown(context, checkpoint, failed, judgeFailures(context, together, failed).judged)
  }

  return {
    begin: () => requests.retryUndecodable(name)(),
    round: async (context, checkpoint) => {
      const { lease, memory, settings, abandonment, signal, mayWork } = context
      if (performance.now() < goOnAt) return E.right(false)
      const due = await requests.takeDue(name, isWary(context) ? 1 : MOST_REQUESTS)()
      if (E.isLeft(due)) return due
      if (due.right.length === 0) return E.right(false)
      const turn = {
        abandonment,
        handlerTimeout: settings.handlerTimeout,
        mayGoOn: () => mayWork() && !signal.aborted,
        beforeTrying: (what: string) => beforeTrying(context, what),
      }
      memory.busySince = performance.now()
      const sent = await Promise.all(
        byKey(due.right).map((group) => sendAll(outbox.send, group, turn)),
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
      const written = await writeDown(context, checkpoint, answers, judged)
      return E.isLeft(written) ? written : E.right(true)
    },
  }
}
