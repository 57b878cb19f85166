import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { canonicalJson } from '../../core/canonical-json'
import { actionProblem, type AuditEntry, outcomeMessage } from '../../core/operator/audit'
import type { Operator } from '../../core/ports/operator'
import { frozenObject } from './frozen'

/** What operators have done, in the memory of one process. */
export const memoryAudit = (
  now: () => number,
): Pick<Operator, 'recordAction' | 'recordOutcome' | 'audit'> => {
  const entries: AuditEntry[] = []
  return {
    recordAction: (action) => () => {
      const problem = actionProblem(action)
      if (problem !== undefined) return Promise.resolve(E.left(problem))
      const { operator, action: name, subject, detail } = action
      const sequence = entries.length + 1
      entries.push({
        ...{ sequence, at: now(), operator, action: name, subject },
        detail: frozenObject(canonicalJson(detail)),
        outcome: 'unknown',
        message: undefined,
      })
      return Promise.resolve(E.right(sequence))
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
