/** A process that runs a part of the read side until it is ended from outside. Arguments: what, url. */
import * as E from 'fp-ts/Either'
import { sql, type Transaction } from 'kysely'
import { Pool } from 'pg'
import { postgres } from 'reprise/postgres'
import { fromStart } from '../../src/core/subscription-start'
import type { Dispatch } from '../../src/shell/outbox/dispatch-step'
import { runProcessManager } from '../../src/shell/outbox/run-process-manager'
import { runProjection } from '../../src/shell/projection/run-projection'
import { runSubscriptionInTransaction } from '../../src/shell/subscription/run-subscription'
import { totals } from '../support/balances'
import type { NoTables } from '../support/postgres-read-side'
import { sums, type SumTables } from '../support/sums'
import { type Tick, ticks } from '../support/ticks'
import { bankOn, transferring } from '../support/transfers'

const [, , what, url = ''] = process.argv
const pool = new Pool({ connectionString: url, max: 5 })
const backend = postgres<NoTables>(pool, { idleInTransactionTimeout: 2_000 })
const forEver = { signal: new AbortController().signal }
const options = { leaseDuration: 700, maxPollInterval: 50, batchSize: 50 }

const pause = (milliseconds: number) =>
  new Promise((resolve) => {
    setTimeout(resolve, milliseconds)
  })

/** Writes down who has handled which event, slowly, so that it is frozen in a transaction. */
const witness = runSubscriptionInTransaction<Tick, Transaction<NoTables>>({
  name: 'witness',
  events: ticks,
  leaseDuration: 2_000,
  maxPollInterval: 50,
  batchSize: 10,
  handle: (event, transaction) => async () => {
    await sql`insert into witnessed (position, pid) values (${event.position}, ${process.pid})`.execute(
      transaction,
    )
    await pause(5)
    return E.right(undefined)
  },
})

/** Waits after a command has had its effect, so that many a kill comes before its answer is known. */
const slowly =
  <Command>(dispatch: Dispatch<Command>): Dispatch<Command> =>
  (command, given) =>
  async () => {
    const answer = await dispatch(command, given)()
    await pause(100)
    return answer
  }

const main = async (): Promise<unknown> => {
  switch (what) {
    case 'projection':
      return runProjection(totals(), options)(backend, forEver)()
    case 'tables':
      return runProjection(sums('shown'), options)(postgres<SumTables>(pool), forEver)()
    case 'transfers':
      return runProcessManager(transferring, slowly(bankOn(backend.store).dispatch), {
        ...options,
        from: fromStart,
      })(backend, forEver)()
    case 'witness':
      return witness(backend, forEver)()
    case undefined:
    default:
      return E.left(`what is ${what ?? 'nothing'}?`)
  }
}

void main().then((ended) => {
  process.stderr.write(`ended: ${JSON.stringify(ended)}\n`)
})
