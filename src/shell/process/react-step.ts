import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import type { TransactionDocuments } from '../../core/ports/projection-store'
import type { RequestWrites } from '../../core/ports/request-store'
import type { ProcessManager } from '../../core/process-manager'
import type { StoredEvent } from '../../core/recorded-event'
import { attempt } from '../attempt'
import { decodeRecorded } from '../play'
import { writeAsks } from './asks'
import { readState, writeState } from './process-states'

/** What a process writes with. */
export interface ProcessWrites {
  readonly documents: TransactionDocuments
  readonly requests: RequestWrites
}

/** Lets the process of an event hear it: its state, and what it asks for, are written together. */
export const reactTo =
  <Event, Command, State>(manager: ProcessManager<Event, Command, State>) =>
  (stored: StoredEvent, { documents, requests }: ProcessWrites): TaskEither<unknown, void> =>
  async () => {
    const { name, process, commands } = manager
    const recorded = decodeRecorded(manager, stored)
    if (E.isLeft(recorded)) return recorded
    const { event, id, metadata } = recorded.right
    const found = attempt(() => manager.key(recorded.right))
    if (E.isLeft(found)) return found
    const key = found.right
    if (key === undefined) return E.right(undefined)
    const before = await readState(manager, documents, key)
    if (E.isLeft(before)) return before
    const reaction = attempt(() => {
      const state = process.evolve(before.right, event)
      const over = process.isTerminal?.(state) ?? false
      return { state, asks: over ? [] : process.react(state, event) }
    })
    if (E.isLeft(reaction)) return reaction
    const { state, asks } = reaction.right
    const written = await writeState(manager, documents, key, state)
    if (E.isLeft(written)) return written
    return writeAsks(commands, requests, { process: name, key, id, metadata }, asks)
  }
