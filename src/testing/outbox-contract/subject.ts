import type {
  DueTime,
  DueOutboxCommand,
  OutboxCommand,
  Outbox,
  OutboxWrites,
} from '../../core/ports/outbox'
import type { SuiteOf, Opened } from '../suites'
import { succeeds } from '../store-contract/checks'
import type { Transact } from '../transact'

/** What the tests run on. A transaction is represented by the writes it can make. */
export interface Requests extends Opened {
  readonly store: Omit<Outbox<never>, 'inTransaction'>
  /** The same data over separate connections, or the same object if the adapter has only one. */
  readonly second: Omit<Outbox<never>, 'inTransaction'>
  readonly transact: Transact<OutboxWrites>
}

export type Suite = SuiteOf<Requests>

/** Longer than any test. Milliseconds. */
export const LONG = 3_600_000
/** A short time. Milliseconds. */
export const SHORT = 50

export const now: DueTime = { _tag: 'Now' }
export const after = (timer: string, delay: number): DueTime => ({ _tag: 'After', timer, delay })
export const at = (timer: string, time: number): DueTime => ({ _tag: 'At', timer, time })

/** The name of an unused process manager. */
export const freshProcess = (): string => `contract-${crypto.randomUUID()}`

/** A command of one of its processes. Its text identifies it. */
export const aCommand = (process: string, command: string, key = 'one'): OutboxCommand => ({
  process,
  key,
  id: `${process}:${crypto.randomUUID()}`,
  command,
  metadata: { correlationId: `because of ${command}` },
})

/** Adds the commands, each in a transaction of its own. */
export const add = async (
  { transact }: Requests,
  due: DueTime,
  ...requests: ReadonlyArray<OutboxCommand>
): Promise<void> => {
  for (const request of requests) await succeeds(transact(({ add: one }) => one(request, due)))
}

/** The texts of the commands that are due. */
export const dueNow = async (
  { second }: Requests,
  process: string,
  limit = 100,
): Promise<ReadonlyArray<DueOutboxCommand['command']>> =>
  (await succeeds(second.takeDue(process, limit))).map(({ command }) => command)

/** Records that the command could not be sent: parked, or to be retried later. */
export const fail = (
  { transact }: Requests,
  { process, id }: OutboxCommand,
  attempts: number,
  retryAfter?: number,
): Promise<void> =>
  succeeds(
    transact(({ failed }) =>
      failed({
        process,
        id,
        attempts,
        failure: { message: 'no', stack: 'here' },
        ...(retryAfter === undefined ? {} : { retryAfter }),
      }),
    ),
  )
