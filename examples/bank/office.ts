import { identity } from 'fp-ts/lib/function.js'
import {
  type Dispatch,
  fromStart,
  openCategory,
  projectionReader,
  runProcessManager,
  runProjection,
} from 'reprise'
import type { Position, Source, StoredEvent, StreamStore } from 'reprise/adapter'
import { accountBalances } from './account/balances'
import { running } from './running'
import { bookedAccounts, transfers } from './transfer/own-streams'
import { transferManager } from './transfer/manager'
import type { BankCommand } from './transfer/process'
import { transferStatuses } from './transfer/statuses'
import type { TransferDetails } from './transfer/messages'
import { until } from './until'
import { value } from './value'

/** Wraps the dispatch of commands; a test or a scene can lose some of them. */
export type Carrier = (dispatch: Dispatch<BankCommand>) => Dispatch<BankCommand>

// An instance that was killed is replaced after two seconds.
const options = { leaseDuration: 2_000, maxPollInterval: 200 }
const PATIENCE = 60_000

/** All commands that are not answered yet, or the first thousand. */
const OUTBOX = { which: 'all', after: 0, limit: 1_000 } as const

/** What the office runs on: what follows events runs on each source, and what became of a stream is in its own. */
export interface Followed<Transaction> {
  readonly store: StreamStore
  readonly sources: ReadonlyArray<Source<Transaction>>
  readonly sourceOf: (streamId: string) => Promise<Source<Transaction>>
}

/** How the commands of transfers reach accounts and transfers. */
const dispatchTo = (backend: { readonly store: StreamStore }) => {
  const accountDesk = openCategory(bookedAccounts, backend)
  const transferDesk = openCategory(transfers, backend)
  const dispatch: Dispatch<BankCommand> = ({ key, command }, once) =>
    key === 'accounts'
      ? accountDesk.handleCommand(command.key, command.command, once)
      : transferDesk.handleCommand(command.key, command.command, once)
  return { dispatch, transferDesk }
}

/**
 * The office behind the desks: it maintains the list of balances and the list of transfers, and moves the
 * money of transfers while `moveMoney` runs.
 */
export const openOffice = async <Transaction>(backend: Followed<Transaction>) => {
  const { dispatch, transferDesk } = dispatchTo(backend)
  const lists = [
    running((signal) => runProjection(accountBalances, options)(backend, { signal })),
    running((signal) => runProjection(transferStatuses, options)(backend, { signal })),
  ]
  for (const { documents } of backend.sources) {
    for (const { name } of [accountBalances, transferStatuses]) {
      await until(async () => value(await documents.active(name)()))
    }
  }
  const transferSource = (id: string) => backend.sourceOf(`transfer-${id}`)

  return {
    /** Runs the process manager. */
    moveMoney: (carry: Carrier = identity) =>
      running((signal) =>
        runProcessManager(transferManager, carry(dispatch), { ...options, from: fromStart })(
          backend,
          { signal },
        ),
      ),

    /** Starts a transfer, and does not wait for the money. Answers the position of its first event. */
    transfer: async (id: string, details: TransferDetails): Promise<Position> => {
      const command = { type: 'StartTransfer', ...details } as const
      const { events } = value(await transferDesk.handleCommand(id, command)())
      return events[0]?.position ?? 0
    },

    /** Waits for the end of a transfer. Answers the position of its last event. */
    ended: async (id: string): Promise<Position> => {
      const version = await until(async () => {
        const { state, version: last } = value(await transferDesk.load(id)())
        return state === 'completed' || state === 'failed' ? last : undefined
      })
      const range = { after: version - 1, limit: 1 }
      const { events } = value(await backend.store.read(`transfer-${id}`, range)())
      return events[0]?.position ?? 0
    },

    /** The balance in the list that is no older than `position`. `undefined`: no such account. */
    balance: async (id: string, position: Position): Promise<number | undefined> => {
      const balances = projectionReader(accountBalances)(await backend.sourceOf(`account-${id}`))
      value(await balances.until(position, PATIENCE)())
      return value(await balances.get(id)())?.balance
    },

    /** The status in the list of transfers, no older than `position`. */
    status: async (id: string, position: Position) => {
      const statuses = projectionReader(transferStatuses)(await transferSource(id))
      value(await statuses.until(position, PATIENCE)())
      return value(await statuses.get(id)())
    },

    /** How many commands of transfers are not answered yet. */
    unanswered: async (): Promise<number> => {
      let count = 0
      for (const { operator } of backend.sources) {
        const { commands } = value(await operator.outbox(transferManager.name, OUTBOX)())
        count += commands.length
      }
      return count
    },

    /** The transfers that are neither completed nor failed, as far as the lists know. */
    unfinished: async (): Promise<ReadonlyArray<string>> => {
      const range = { after: '', limit: 100, where: { status: 'running' } }
      const ids: string[] = []
      for (const source of backend.sources) {
        const statuses = projectionReader(transferStatuses)(source)
        ids.push(...value(await statuses.all(range)()).entries.map(({ key }) => key))
      }
      return ids
    },

    /** What has happened where a transfer is, behind a position: at most 50 events. */
    eventsAfter: async (id: string, position: Position): Promise<ReadonlyArray<StoredEvent>> => {
      const { store } = await transferSource(id)
      return value(await store.readAll({ after: position, limit: 50 })()).events
    },

    /** Ends the lists. */
    close: async (): Promise<void> => {
      await Promise.all(lists.map(({ stop }) => stop()))
    },
  }
}
export type Office = Awaited<ReturnType<typeof openOffice>>
