import type { HeldEvent, PendingOutboxCommand } from '../../src/core/operator/status'
import type { Decision, Operator } from '../../src/core/ports/operator'
import { right } from './right'

/** What a subscription holds back. */
export const heldBy = async (
  operator: Pick<Operator, 'heldEvents'>,
  subscription: string,
): Promise<ReadonlyArray<HeldEvent>> =>
  (await right(operator.heldEvents(subscription, { after: 0, limit: 100 }))).events

/** An operator's decision about a held stream. Answers whether there was one. */
export const decideStream = async (
  operator: Pick<Operator, 'heldEvents' | 'decide'>,
  subscription: string,
  stream: string,
  decision: Decision,
): Promise<boolean> => {
  const held = (await heldBy(operator, subscription)).filter(({ streamId }) => streamId === stream)
  const positions = held.map(({ position }) => position)
  return (await right(operator.decide(subscription, decision, positions))).length > 0
}

/** What a process manager has asked for, and was not answered yet. */
export const pendingOf = async (
  operator: Operator,
  process: string,
): Promise<ReadonlyArray<PendingOutboxCommand>> =>
  (await right(operator.outbox(process, { which: 'all', after: 0, limit: 1_000 }))).commands

/** An operator's decision about a parked command. Answers whether there was one. */
export const decideCommand = async (
  operator: Operator,
  process: string,
  id: string,
  decision: Decision,
): Promise<boolean> => (await right(operator.decideCommands(process, decision, [id]))).length > 0
