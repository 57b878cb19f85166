import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import type { TransactionDocuments } from '../../core/ports/projection-store'
import type { OutboxWrites } from '../../core/ports/outbox'
import type { Routed, ProcessManager } from '../../core/process-manager'
import type { StoredEvent } from '../../core/recorded-event'
import { catching } from '../catching'
import { decodeRecorded } from '../state/replay'
import { type Cause, writeActions } from './process-actions'
import { readProcess, writeProcess } from './process-states'

/** What a process writes with. */
export interface ProcessWrites {
  readonly documents: TransactionDocuments
  readonly requests: OutboxWrites
}

/** The process has heard its last event: what it remembers and its timers are not needed any more. */
const end = async <Stored, Event, Command, State>(
  manager: ProcessManager<Stored, Event, Command, State>,
  { documents, requests }: ProcessWrites,
  key: string,
): Promise<E.Either<unknown, void>> => {
  const written = await writeProcess(manager, documents, key, { _tag: 'Over' })
  return E.isLeft(written) ? written : requests.cancelAll(manager.name, key)()
}

/** One process hears one event. */
const hear = async <Stored, Event, Command, State>(
  manager: ProcessManager<Stored, Event, Command, State>,
  writes: ProcessWrites,
  { key, event }: Routed<Event>,
  cause: Cause,
): Promise<E.Either<unknown, void>> => {
  const { process, commands } = manager
  const before = await readProcess(manager, writes.documents, key)
  if (E.isLeft(before)) return before
  if (before.right._tag === 'Over') return E.right(undefined) // a late event starts nothing anew
  const { state: known } = before.right
  const reaction = catching(() => {
    const state = process.evolve(known, event)
    const over = process.isTerminal?.(state) ?? false
    return { state, over, asks: over ? [] : process.react(state, event) }
  })
  if (E.isLeft(reaction)) return reaction
  const { state, over, asks } = reaction.right
  if (over) return end(manager, writes, key)
  const written = await writeProcess(manager, writes.documents, key, { _tag: 'Alive', state })
  return E.isLeft(written) ? written : writeActions(commands, writes.requests, cause, asks)
}

/** Lets the process of an event hear it: its state, and what it asks for, are written together. */
export const reactTo =
  <Stored, Event, Command, State>(manager: ProcessManager<Stored, Event, Command, State>) =>
  (stored: StoredEvent, writes: ProcessWrites): TaskEither<unknown, void> =>
  async () => {
    const recorded = decodeRecorded(manager, stored)
    if (E.isLeft(recorded)) return recorded
    const heard = catching(() => manager.route(recorded.right))
    if (E.isLeft(heard)) return heard
    if (heard.right === undefined) return E.right(undefined)
    const { id, metadata } = recorded.right
    const { key } = heard.right
    return hear(manager, writes, heard.right, { process: manager.name, key, id, metadata })
  }
