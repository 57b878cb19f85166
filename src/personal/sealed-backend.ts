import * as E from 'fp-ts/Either'
import { identity, pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import type { Json } from '../core/json'
import type { BoundaryStore } from '../core/ports/boundary-store'
import type { EventStore } from '../core/ports/event-store'
import type { InlineProjection } from '../core/ports/inline-projection'
import type { Operator } from '../core/ports/operator'
import type { Outbox } from '../core/ports/outbox'
import type { Projections } from '../core/ports/projection-store'
import type { BackendSubjectKeys } from '../core/ports/subject-keys'
import { type KeyRing, keyRing, type PersonalDataOptions } from './key-ring'
import { sealedProjections, sealedTransactionDocuments } from './sealed-documents'
import { openEvents, sealedStore, sealValues } from './sealed-store'
import { openAll } from './sealing'

/** An outbox that is given commands with personal data in them, and keeps them sealed. */
const sealedOutbox = <Transaction>(
  outbox: Outbox<Transaction>,
  ring: KeyRing<Transaction>,
): Outbox<Transaction> => ({
  ...outbox,
  inTransaction: (transaction) => {
    const writes = outbox.inTransaction(transaction)
    const keys = ring.inTransaction(transaction)
    return {
      ...writes,
      add: (command, due) =>
        pipe(
          () => sealValues<Json>(keys, [command.command]),
          TE.flatMap(([sealed = command.command]) =>
            writes.add({ ...command, command: sealed }, due),
          ),
        ),
    }
  },
  takeDue: (process, limit) =>
    pipe(
      outbox.takeDue(process, limit),
      TE.flatMap((due) =>
        pipe(
          () =>
            openAll<Json>(
              ring,
              due.map(({ command }) => command),
            ),
          TE.map((commands) =>
            due.map((one, index) => ({ ...one, command: commands[index] ?? one.command })),
          ),
        ),
      ),
    ),
})

/** An inline projection that is given sealed events, and a place for sealed documents. */
const sealedInline =
  <Transaction>(ring: KeyRing<Transaction>) =>
  ({ name, project }: InlineProjection<Transaction>): InlineProjection<Transaction> => ({
    name,
    project: (events, transaction, documents) => async () => {
      const keys = ring.inTransaction(transaction)
      const opened = await openEvents(keys, events)
      return E.isLeft(opened)
        ? opened
        : project(opened.right, transaction, sealedTransactionDocuments(documents, keys))()
    },
  })

/** An operator that is given summaries with personal data in them, and keeps them sealed. */
const sealedOperator = <Transaction>(operator: Operator, ring: KeyRing<Transaction>): Operator => ({
  ...operator,
  truncateStream: (truncating) =>
    pipe(
      () => sealValues(ring, [truncating.summary.data]),
      TE.flatMap(([data = truncating.summary.data]) =>
        operator.truncateStream({ ...truncating, summary: { ...truncating.summary, data } }),
      ),
    ),
})

/** What a backend does with its parts for personal data. */
export interface Sealing<Transaction> {
  readonly inline: (
    projections: ReadonlyArray<InlineProjection<Transaction>>,
  ) => ReadonlyArray<InlineProjection<Transaction>>
  readonly store: (store: EventStore & BoundaryStore) => EventStore & BoundaryStore
  readonly storeIn: (
    transaction: Transaction,
    store: EventStore & BoundaryStore,
  ) => EventStore & BoundaryStore
  readonly documents: (documents: Projections<Transaction>) => Projections<Transaction>
  readonly outbox: (outbox: Outbox<Transaction>) => Outbox<Transaction>
  readonly operator: (operator: Operator) => Operator
  /** To be called when something was forgotten, or erased. */
  readonly onForgotten: () => void
}

/**
 * What a backend does that was opened with `personalData`; `undefined`: it leaves everything as it is. For the author of a
 * backend: put it around the ports that it gives out, and give inline projections what it makes of them.
 *
 * @example
 * const sealing = sealingWith(backend.subjectKeys, { masterKey })
 * const sealed = { store: sealing.store(backend.store), outbox: sealing.outbox(backend.outbox) }
 */
export const sealingWith = <Transaction>(
  subjectKeys: BackendSubjectKeys<Transaction>,
  options: PersonalDataOptions | undefined,
): Sealing<Transaction> => {
  if (options === undefined) {
    return {
      inline: identity,
      store: identity,
      storeIn: (_transaction, store) => store,
      documents: identity,
      outbox: identity,
      operator: identity,
      onForgotten: () => undefined,
    }
  }
  const ring = keyRing(subjectKeys, options)
  return {
    inline: (projections) => projections.map(sealedInline(ring)),
    store: (store) => sealedStore(store, ring, ring),
    storeIn: (transaction, store) => sealedStore(store, ring.inTransaction(transaction), ring),
    documents: (documents) => sealedProjections(documents, ring),
    outbox: (outbox) => sealedOutbox(outbox, ring),
    operator: (operator) => sealedOperator(operator, ring),
    onForgotten: ring.drop,
  }
}
