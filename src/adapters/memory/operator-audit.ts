import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { canonicalJson } from '../../core/canonical-json'
import {
  type ActionOutcome,
  actionProblem,
  type AuditEntry,
  type OperatorAction,
  outcomeMessage,
} from '../../core/operator/audit'
import type { Operator } from '../../core/ports/operator'
import { frozenObject } from './frozen'

/** The audit, in the memory of one process. */
export interface MemoryAudit extends Pick<Operator, 'recordAction' | 'recordOutcome' | 'audit'> {
  /** Adds an entry about what is done in the same moment. */
  readonly add: (action: OperatorAction, outcome?: ActionOutcome) => AuditEntry
}

/**
 * What operators have done, in the memory of one process. `now`: the clock, in milliseconds since 1970-01-01 UTC.
 *
 * @example
 * const audit = memoryAudit(Date.now)
 */
export const memoryAudit = (now: () => number): MemoryAudit => {
  const entries: AuditEntry[] = []
  const add: MemoryAudit['add'] = ({ operator, action, subject, detail }, outcome) => {
    const entry: AuditEntry = {
      ...{ sequence: entries.length + 1, at: now(), operator, action, subject },
      detail: frozenObject(canonicalJson(detail)),
      outcome: outcome?.outcome ?? 'unknown',
      message: outcome && outcomeMessage(outcome),
    }
    entries.push(entry)
    return entry
  }
  return {
    add,
    recordAction: (action) => () => {
      const problem = actionProblem(action)
      return Promise.resolve(
        problem === undefined ? E.right(add(action).sequence) : E.left(problem),
      )
    },
    recordOutcome: (sequence, outcome) =>
      TE.fromIO(() => {
        const entry = entries[sequence - 1]
        if (entry?.outcome !== 'unknown') return
        const message = outcomeMessage(outcome)
        entries[sequence - 1] = { ...entry, outcome: outcome.outcome, message }
      }),
    audit: ({ before, limit }) =>
      TE.fromIO(() => {
        const found = entries.filter(({ sequence }) => sequence < before).reverse()
        return { entries: found.slice(0, limit), more: found.length > limit }
      }),
  }
}
