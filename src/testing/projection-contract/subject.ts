import assert from 'node:assert/strict'
import type { Json } from '../../core/json'
import type {
  DocumentRange,
  ProjectionStore,
  Projections,
  TransactionDocuments,
} from '../../core/ports/projection-store'
import type { HeldLease, HeldStream, SubscriptionStore } from '../../core/ports/subscription-store'
import type { SuiteOf, Opened } from '../suites'
import { succeeds } from '../store-contract/checks'
import type { Transact } from '../transact'

/** What the tests make builds with. */
export type BuildSubscriptions = Pick<
  SubscriptionStore<never>,
  'register' | 'claim' | 'save' | 'stop' | 'leave' | 'reached'
>

/** What the tests run on. A transaction is represented by the documents in it. */
export interface ReadModels extends Opened {
  readonly store: Omit<Projections<never>, 'inTransaction' | 'tables'>
  /** The same data over separate connections, or the same object if the adapter has only one. */
  readonly second: Omit<Projections<never>, 'inTransaction' | 'tables'>
  /** The checkpoints of the builds, and what they hold back. */
  readonly subscriptions: BuildSubscriptions
  readonly transact: Transact<TransactionDocuments>
}

export type Suite = SuiteOf<ReadModels>

/** The name of an unused collection. */
export const freshCollection = (): string => `contract-${crypto.randomUUID()}`

/** A stream that is held back. */
export const held: HeldStream = {
  streamId: 'held-1',
  version: 1,
  position: 8,
  eventId: '6f1d3b1e-52c9-4f0e-9b0a-6f6f6c1f0a01',
  type: 'Happened',
  attempts: 1,
  failure: { message: 'no' },
}

/** Starts a subscription with one partition at `position`; returns the lease of its owner. */
export const ownerOf = async (
  subscriptions: BuildSubscriptions,
  name: string,
  position: number,
): Promise<HeldLease> => {
  await succeeds(subscriptions.register({ name, partitions: 1, position }))
  const { leases } = await succeeds(subscriptions.claim(name, 'owner', 60_000))
  return leases[0] ?? assert.fail(`${name} has no owner`)
}

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
