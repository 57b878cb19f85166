/**
 * A process that hears ticks, and tells its parent of each, and of each look for new ones. It looks rarely
 * by itself. Ends when it is asked to by SIGTERM, and only if nothing of it is left running. Argument: url.
 */
import * as TE from 'fp-ts/TaskEither'
import { Pool } from 'pg'
import { postgres } from 'reprise/postgres'
import { runSubscription } from '../../../../src/shell/subscription/run-subscription'
import { fromStart } from '../../../../src/core/subscription-start'
import { type Tick, ticks } from '../../../support/ticks'

const [, , url = ''] = process.argv
const pool = new Pool({ connectionString: url, max: 5 })
const backend = postgres(pool)
const stopping = new AbortController()
process.once('SIGTERM', () => stopping.abort())

const now = () => performance.timeOrigin + performance.now()
const { store } = backend
const looking: typeof store.readAll = (range) => {
  process.send?.('looked')
  return store.readAll(range)
}

const run = runSubscription<Tick>({
  name: 'hearing',
  from: fromStart,
  events: ticks,
  maxPollInterval: 10_000,
  handle: ({ position }) => TE.fromIO(() => void process.send?.({ position, at: now() })),
})({ ...backend, store: { ...store, readAll: looking } }, { signal: stopping.signal })

void run()
  .then(() => backend.close())
  .then(() => pool.end())
