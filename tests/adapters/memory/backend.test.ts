import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import type { TransactionDocuments } from '../../../src/core/ports/projection-store'
import { inlineProjection } from '../../../src/shell/projection/inline'
import {
  runSubscription,
  runSubscriptionInTransaction,
} from '../../../src/shell/subscription/run-subscription'
import { fromStart } from '../../../src/core/subscription-start'
import { memory, type MemoryTransaction } from 'reprise/memory'
import { eventually } from '../../support/eventually'
import { right } from '../../support/right'
import { running } from '../../support/running'
import { appendTicks, type Tick, ticks } from '../../support/ticks'

const pause = () => new Promise((resolve) => setTimeout(resolve, 1))

/** Adds one to a document, slowly. */
const count = async (documents: TransactionDocuments): Promise<E.Either<unknown, void>> => {
  const locked = await documents.lock('counts', ['all'])()
  if (E.isLeft(locked)) return locked
  const before = Number((await right(documents.get('counts', 'all')))?.value ?? 0)
  await pause()
  return documents.put('counts', 'all', before + 1)()
}

describe('a backend in memory', () => {
  it('wakes a subscriber at every append', async () => {
    const backend = memory()
    const seen: number[] = []
    const run = running((signal) =>
      runSubscription<Tick>({
        name: 'hearing',
        from: fromStart,
        events: ticks,
        minPollInterval: 60_000,
        maxPollInterval: 60_000,
        handle: ({ version }) => TE.fromIO(() => void seen.push(version)),
      })(backend, { signal }),
    )
    for (let version = 1; version <= 3; version++) {
      await appendTicks(backend.store, 'tick-1', version)
      await eventually(() => seen.length === version)
    }
    await run.stop()
    await backend.close()
  })

  it('keeps a locked document to one transaction, whether of an append or of a checkpoint', async () => {
    const counting = inlineProjection<Tick, unknown>({
      name: 'counting',
      events: ticks,
      project: (_event, _transaction, documents) => () => count(documents),
    })
    const backend = memory({ inline: [counting] })
    const run = running((signal) =>
      runSubscriptionInTransaction<Tick, MemoryTransaction>({
        name: 'counting too',
        events: ticks,
        batchSize: 1,
        maxPollInterval: 5,
        handle: (_event, transaction) => () => count(backend.documents.inTransaction(transaction)),
      })(backend, { signal }),
    )
    for (let n = 0; n < 20; n++) await appendTicks(backend.store, 'tick-1', n)
    await eventually(
      async () => (await right(backend.subscriptions.reached('counting too'))) === 20,
    )
    await run.stop()
    expect((await right(backend.documents.get('counts', 'all')))?.value).toBe(40)
  })

  it('has nothing to migrate', async () => {
    expect(await right(memory().migrate)).toEqual({ applied: [], present: [] })
  })
})
