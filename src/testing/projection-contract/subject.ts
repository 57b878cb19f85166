import type { Json } from '../../core/json'
import type {
  DocumentRange,
  ProjectionStore,
  Projections,
  TransactionDocuments,
} from '../../core/ports/projection-store'
import type { SubscriptionStore } from '../../core/ports/subscription-store'
import type { ChapterOn, Opened } from '../chapters'
import { succeeds } from '../store-contract/checks'
import type { Transact } from '../transact'

/** What the tests run on. A transaction is represented by the documents in it. */
export interface ReadModels extends Opened {
  readonly store: Omit<Projections<never>, 'inTransaction'>
  /** The same data over separate connections, or the same object if the adapter has only one. */
  readonly second: Omit<Projections<never>, 'inTransaction'>
  /** Creates a subscription: the documents of its build have come to its position. */
  readonly register: SubscriptionStore<never>['register']
  readonly transact: Transact<TransactionDocuments>
}

export type Chapter = ChapterOn<ReadModels>

/** The name of an unused collection. */
export const freshCollection = (): string => `contract-${crypto.randomUUID()}`

export const everything: DocumentRange = { after: '', limit: 1_000 }

type Reading = Pick<ProjectionStore, 'get' | 'all'>

/** The value of a document; `undefined` if there is none. */
export const valueOf = async (
  store: Reading,
  collection: string,
  key: string,
): Promise<Json | undefined> => (await succeeds(store.get(collection, key)))?.value

/** The keys of a collection, in its order. */
export const keysOf = async (
  store: Reading,
  collection: string,
  range: Partial<DocumentRange> = {},
): Promise<ReadonlyArray<string>> => {
  const { documents } = await succeeds(store.all(collection, { ...everything, ...range }))
  return documents.map(({ key }) => key)
}
