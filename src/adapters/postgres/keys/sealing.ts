import type { Kysely, Transaction } from 'kysely'
import type { BackendSubjectKeys } from '../../../core/ports/subject-keys'
import type { PersonalDataOptions } from '../../../personal/key-ring'
import { type Sealing, sealingWith } from '../../../personal/sealed-backend'
import type { PostgresStore } from '../backend'
import type { Notifications } from '../connection/notifications'
import { FORGOTTEN_CHANNEL } from '../subscriptions/wake-ups'
import { postgresSubjectKeys } from './subject-keys'

/** What a backend in PostgreSQL does with its parts for personal data. */
export interface PostgresSealing<Database> extends Sealing<Transaction<Database>> {
  readonly subjectKeys: BackendSubjectKeys<Transaction<Database>>
  readonly whole: (store: PostgresStore<Database>) => PostgresStore<Database>
  /** Listens no more to what is forgotten elsewhere. */
  readonly stop: () => void
}

/** What a backend does that was opened with `personalData`; `undefined`: it leaves everything as it is. */
export const sealingIn = <Database>(
  db: Kysely<Database>,
  schema: string,
  personalData: PersonalDataOptions | undefined,
  notifications: Notifications,
): PostgresSealing<Database> => {
  const subjectKeys = postgresSubjectKeys(db, schema)
  const sealing = sealingWith<Transaction<Database>>(subjectKeys, personalData)
  const parts = {
    ...sealing,
    subjectKeys,
    onForgotten: () => notifications.wake(FORGOTTEN_CHANNEL),
  }
  if (personalData === undefined) {
    return { ...parts, whole: (store) => store, stop: () => undefined }
  }
  return {
    ...parts,
    whole: (store) => ({
      ...sealing.store(store),
      locate: store.locate,
      inTransaction: (transaction) =>
        sealing.storeIn(transaction, store.inTransaction(transaction)),
    }),
    // A connection beside the pool, if nothing else listens: only for a backend with personal data.
    stop: notifications.listen(FORGOTTEN_CHANNEL, sealing.onForgotten),
  }
}
