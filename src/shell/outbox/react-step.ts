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
  readonly outbox: OutboxWrites
}

/** The process has received its last event: deletes its state and cancels its timers. */
const end = async <Stored, Event, Command, State>(
  manager: ProcessManager<Stored, Event, Command, State>,
  { documents, outbox }: ProcessWrites,
  key: string,
): Promise<E.Either<unknown, void>> => {
  const written = await writeProcess(manager, documents, key, { _tag: 'Over' })
  return E.isLeft(written) ? written : outbox.cancelAll(manager.name, key)()
}

/** What one process receives. */
interface Received<Event> extends Routed<Event> {
  /** Whether it may act on it. */
  readonly acts: boolean
}

/** One process receives one event. */
const receive = async <Stored, Event, Command, State>(
  manager: ProcessManager<Stored, Event, Command, State>,
  writes: ProcessWrites,
  { key, event, acts }: Received<Event>,
  cause: Cause,
): Promise<E.Either<unknown, void>> => {
  const { process, commands } = manager
  const before = await readProcess(manager, writes.documents, key)
  if (E.isLeft(before)) return before
  if (before.right._tag === 'Over') return E.right(undefined) // a late event does not start it again
  const { state: known } = before.right
  const reaction = catching(() => {
    const state = process.evolve(known, event)
    const over = process.isTerminal?.(state) ?? false
    return { state, over, actions: over || !acts ? [] : process.react(state, event) }
  })
  if (E.isLeft(reaction)) return reaction
  const { state, over, actions } = reaction.right
  if (over) return end(manager, writes, key)
  const written = await writeProcess(manager, writes.documents, key, { _tag: 'Alive', state })
  return E.isLeft(written) ? written : writeActions(commands, writes.outbox, cause, actions)
}

/**
 * Routes an event to its process: the new state and the commands it issues are written together.
 *
 * @param imported - see `ProcessOptions.imported`.
 */
export const reactTo =
  <Stored, Event, Command, State>(
    manager: ProcessManager<Stored, Event, Command, State>,
    imported: 'observe' | 'react',
  ) =>
  (stored: StoredEvent, writes: ProcessWrites): TaskEither<unknown, void> =>
  async () => {
    const recorded = decodeRecorded(manager, stored)
    if (E.isLeft(recorded)) return recorded
    const routed = catching(() => manager.route(recorded.right))
    if (E.isLeft(routed)) return routed
    if (routed.right === undefined) return E.right(undefined)
    const { id, metadata } = recorded.right
    const { key } = routed.right
    const acts = imported === 'react' || metadata.imported !== true
    const received = { ...routed.right, acts }
    return receive(manager, writes, received, { process: manager.name, key, id, metadata })
  }
