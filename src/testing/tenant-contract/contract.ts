import assert from 'node:assert/strict'
import type { Source } from '../../core/ports/backend'
import type { EventStore } from '../../core/ports/event-store'
import {
  aMark,
  appendTo,
  aSnapshot,
  freshCommandId,
  freshStream,
  numbered,
} from '../store-contract/fixtures'
import { same, succeeds } from '../store-contract/checks'
import { aCommand, freshProcess, now } from '../outbox-contract/subject'
import { freshCollection } from '../projection-contract/subject'
import { type Opened, registerSuites, type SuiteOf, type TestWords } from '../suites'
import { transactThrough } from '../transact'

/** All of a backend that could show something of another tenant. */
export interface TenantBackend<Transaction> extends Omit<Source<Transaction>, 'store' | 'wakeUps'> {
  readonly store: EventStore
}

/** Two tenants that are open for one test. Each may hold any other data. */
export interface TenantsUnderContract<Transaction> extends Opened {
  readonly one: TenantBackend<Transaction>
  readonly other: TenantBackend<Transaction>
}

/** What {@link tenantContract} needs: two tenants, and the functions of a test runner. */
export interface TenantContract<Transaction> extends TestWords {
  /** The adapter's name, for the test titles. */
  readonly name: string
  /** Called once for each test. */
  readonly open: () => Promise<TenantsUnderContract<Transaction>>
}

const LONG = 60_000
const everything = { after: 0, limit: 1_000 }

/** The numbers in all events of a store from a category. */
const numbersIn = async (store: EventStore, streamId: string): Promise<ReadonlyArray<unknown>> => {
  const [category = ''] = streamId.split('-')
  const { events } = await succeeds(store.readAll({ ...everything, categories: [category] }))
  return events.map(({ data }) => data['number'])
}

const suitesOf = <Transaction>(): ReadonlyArray<SuiteOf<TenantsUnderContract<Transaction>>> => [
  {
    name: 'events',
    tests: {
      'has a version of its own for a stream of the same name': async ({ one, other }) => {
        const id = freshStream()
        await succeeds(one.store.append(appendTo(id, 'mustNotExist', numbered(2))))
        await succeeds(other.store.append(appendTo(id, 'mustNotExist', numbered(1, 7))))
        same(
          [await succeeds(one.store.version(id)), await succeeds(other.store.version(id))],
          [2, 1],
        )
        same([await numbersIn(one.store, id), await numbersIn(other.store, id)], [[1, 2], [7]])
      },
      'keeps them apart when both append at the same moment': async ({ one, other }) => {
        const id = freshStream()
        const appends = Array.from({ length: 20 }, (_, n) => n)
        await Promise.all(
          appends.flatMap((n) => [
            succeeds(one.store.append(appendTo(id, 'any', numbered(1, n)))),
            succeeds(other.store.append(appendTo(id, 'any', numbered(1, 100 + n)))),
          ]),
        )
        const [mine, theirs] = [await numbersIn(one.store, id), await numbersIn(other.store, id)]
        same([mine.length, theirs.length], [20, 20])
        assert.ok(mine.every((n) => Number(n) < 100) && theirs.every((n) => Number(n) >= 100))
      },
      'shows no stream, state or event of the other': async ({ one, other }) => {
        const id = freshStream()
        await succeeds(one.store.append(appendTo(id, 0, numbered(1))))
        await succeeds(one.store.saveSnapshot(aSnapshot(id, 1)))
        const request = { streamId: id, after: 0, snapshotSchema: 1, limit: 9 }
        const { version, events, snapshot } = await succeeds(other.store.load(request))
        same({ version, events, snapshot }, { version: 0, events: [], snapshot: undefined })
        const [category = ''] = id.split('-')
        same(await succeeds(other.store.streams({ after: '', limit: 9, category })), [])
        same(await numbersIn(other.store, id), [])
      },
      'handles a command of the same id once in each': async ({ one, other }) => {
        const [id, commandId] = [freshStream(), freshCommandId()]
        for (const { store } of [one, other]) {
          const request = appendTo(id, 0, numbered(1), [aMark(commandId, 1)])
          same((await succeeds(store.append(request))).version, 1)
        }
      },
    },
  },
  {
    name: 'what follows events',
    tests: {
      'has a checkpoint of its own for a subscription of the same name': async ({ one, other }) => {
        const name = `contract-${crypto.randomUUID()}`
        for (const { subscriptions } of [one, other]) {
          await succeeds(subscriptions.register({ name, partitions: 1, position: 0 }))
        }
        const mine = await succeeds(one.subscriptions.claim(name, 'owner', LONG))
        const theirs = await succeeds(other.subscriptions.claim(name, 'owner', LONG))
        same([mine.leases.length, theirs.leases.length], [1, 1])
        const [lease] = mine.leases
        assert.ok(lease)
        await succeeds(one.subscriptions.save({ lease, after: 0, position: 5 }))
        same(
          [
            await succeeds(one.subscriptions.reached(name)),
            await succeeds(other.subscriptions.reached(name)),
          ],
          [5, 0],
        )
        await succeeds(one.subscriptions.remove(name))
        same(await succeeds(other.subscriptions.reached(name)), 0)
      },
      'has documents of its own under the same key': async ({ one, other }) => {
        const name = freshCollection()
        await succeeds(one.documents.put(name, 'a', 'mine'))
        same(await succeeds(other.documents.get(name, 'a')), undefined)
        await succeeds(other.documents.put(name, 'a', 'theirs'))
        await succeeds(other.documents.delete(name, 'a'))
        same((await succeeds(one.documents.get(name, 'a')))?.value, 'mine')
      },
      'sends the commands of its own process managers, and no others': async ({ one, other }) => {
        const process = freshProcess()
        const command = aCommand(process, 'mine')
        await succeeds(
          transactThrough(one.subscriptions)((transaction) =>
            one.outbox.inTransaction(transaction).add(command, now),
          ),
        )
        same(await succeeds(other.outbox.takeDue(process, 9)), [])
        same((await succeeds(one.outbox.takeDue(process, 9))).length, 1)
      },
      'shows an operator its own subscriptions only': async ({ one, other }) => {
        const name = `contract-${crypto.randomUUID()}`
        await succeeds(one.subscriptions.register({ name, partitions: 1, position: 0 }))
        same((await succeeds(one.operator.status(name))).length, 1)
        same(await succeeds(other.operator.status(name)), [])
      },
    },
  },
]

/**
 * Registers every test that two tenants of one adapter must pass: of what one does, whatever it is called, the other sees
 * nothing. There are no opt-outs. The tests use fresh names, so the tenants may be shared.
 *
 * @example
 * const close = () => Promise.resolve()
 * const open = async () => ({ one: tenants.tenant('north'), other: tenants.tenant('south'), close })
 * tenantContract({ name: 'a schema each', open, describe, it })
 */
export const tenantContract = <Transaction>({
  name,
  open,
  ...words
}: TenantContract<Transaction>): void =>
  registerSuites(`${name}: the tenant contract`, suitesOf<Transaction>(), open, words)
