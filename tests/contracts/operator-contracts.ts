import type { EventStore } from '../../src/core/ports/event-store'
import type { Operator } from '../../src/core/ports/operator'
import type { BackendSubjectKeys } from '../../src/core/ports/subject-keys'
import {
  operatorContract,
  type OperatorSettings,
  type TestWords,
  transactThrough,
} from 'reprise/testing'
import type { ReadSide } from './read-side'

/** What the operator's contract is run on. */
export interface OperatedSide<Transaction> extends ReadSide<Transaction> {
  readonly store: EventStore
  readonly operator: Operator
  readonly subjectKeys: BackendSubjectKeys<Transaction>
  readonly close?: () => Promise<void>
}

/** Registers the contract of the operator. */
export const operatorContracts = <Transaction>(
  name: string,
  open: (settings: OperatorSettings) => Promise<OperatedSide<Transaction>>,
  words: TestWords = { describe, it },
): void => {
  operatorContract({
    name,
    open: async (settings) => {
      const side = await open(settings)
      return {
        ...side,
        transact: transactThrough(side.subscriptions),
        close: side.close ?? (() => Promise.resolve()),
      }
    },
    ...words,
  })
}
