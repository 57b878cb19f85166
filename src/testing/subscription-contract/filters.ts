import assert from 'node:assert/strict'
import type { ClaimReport, SubscriptionFilter } from '../../core/ports/subscription-store'
import { eventually } from '../eventually'
import { failsWith, same, succeeds } from '../store-contract/checks'
import {
  type Suite,
  claim,
  claimOne,
  created,
  LONG,
  type MarkingStore,
  SHORT,
  stepTo,
  withoutHints,
} from './subject'

const reading = (types: ReadonlyArray<string>): ClaimReport => ({ filter: { types } })

const claimAs = async (store: MarkingStore, name: string, instance: string, report: ClaimReport) =>
  withoutHints(await succeeds(store.claim(name, instance, LONG, report)))

/** Registers again, as another release would. */
const declare = (store: MarkingStore, name: string, filter: SubscriptionFilter) =>
  succeeds(store.register({ name, partitions: 1, position: 0, ...filter }))

/** The declared filter: its events must not be skipped. */
export const filters: Suite = {
  name: 'filters',
  tests: {
    'gives no lease to an instance that does not read a declared type, and reports the type':
      async (subject) => {
        const { store, second } = subject
        const name = await created(subject, { types: ['A', 'C', 'B'], categories: ['x', 'y'] })
        const refused = { leases: [], share: 0, stopped: [] }
        same(await claimAs(second, name, 'old', reading(['A'])), {
          ...refused,
          outdated: { types: ['B', 'C'] },
        })
        const filter = { types: ['A', 'B', 'C', 'D'], categories: ['x'] }
        same(await claimAs(second, name, 'old', { filter }), {
          ...refused,
          outdated: { categories: ['y'] },
        })
        same((await claimAs(store, name, 'new', reading(['A', 'B', 'C', 'D']))).leases.length, 1)
      },
    'gives no lease to one that reads some when all was declared': async (subject) => {
      const name = await created(subject)
      const { leases, outdated } = await claimAs(subject.store, name, 'old', reading(['A']))
      same([leases, outdated], [[], { types: 'all' }])
      same((await claimAs(subject.store, name, 'new', {})).leases.length, 1)
    },
    'lets the declared filter grow with every registration, and never shrink': async (subject) => {
      const { store, second } = subject
      const name = await created(subject, { types: ['A', 'B'] })
      await declare(second, name, { types: ['C'] })
      same((await claimAs(store, name, 'a', reading(['A', 'B']))).outdated, { types: ['C'] })
      same((await claimAs(store, name, 'a', reading(['C']))).outdated, { types: ['A', 'B'] })
      await declare(second, name, {})
      same((await claimAs(store, name, 'a', reading(['A', 'B', 'C']))).outdated, { types: 'all' })
    },
    'treats tags as it treats types and categories': async (subject) => {
      const { store, second } = subject
      const name = await created(subject, { types: ['A'], tags: ['a', 'b'] })
      const lacking = async (filter: SubscriptionFilter) =>
        (await claimAs(store, name, 'old', { filter })).outdated
      same(await lacking({ types: ['A'], tags: ['b'] }), { tags: ['a'] })
      same(await lacking({ tags: ['b', 'c', 'a'] }), undefined)
      const owner = await claimOne(store, name, 'old')
      await declare(second, name, { types: ['A'], tags: ['c'] })
      await failsWith(store.save(stepTo(owner, 5)), { _tag: 'LeaseLost' })
      same(await lacking({ types: ['A'], tags: ['a', 'b'] }), { tags: ['c'] })
      await declare(second, name, { types: ['A'] })
      same(await lacking({ tags: ['a', 'b', 'c'] }), { tags: 'all' })
    },
    'lets no owner continue that may have skipped events of a type that was just declared': async (
      subject,
    ) => {
      const { store, second } = subject
      const name = await created(subject, { types: ['A'] })
      const old = await claimOne(store, name, 'old')
      await declare(second, name, { types: ['A'] })
      await succeeds(store.save(stepTo(old, 1)))
      await declare(second, name, { types: ['A', 'B'] })
      await failsWith(store.save(stepTo(old, 5, 1)), { _tag: 'LeaseLost' })
      same(await succeeds(store.reached(name)), 1)
    },
    'leases no partition that a fenced-off owner still works on, until its lease expires': async (
      subject,
    ) => {
      const { store, second } = subject
      const name = await created(subject, { types: ['A'] })
      const old = await claimOne(store, name, 'old', 2_000)
      await declare(second, name, { types: ['A', 'B'] })
      const both = reading(['A', 'B'])
      same((await claimAs(second, name, 'new', both)).leases, [])
      same((await claimAs(store, name, 'old', reading(['A']))).leases, [])
      const [next] = await eventually('the lease of the old one', async () => {
        const { leases } = await claimAs(second, name, 'new', both)
        return leases.length > 0 ? leases : undefined
      })
      assert.ok((next?.token ?? 0) > old.token, 'its token is higher')
      same(next?.takeovers, 0, 'a release that ends is no crash')
    },
    'gives an outdated instance no share': async (subject) => {
      const { store, second } = subject
      const name = await created(subject, { partitions: 2, types: ['A'] })
      await claimAs(second, name, 'old', reading(['A']))
      await declare(store, name, { types: ['A', 'B'] })
      await claimAs(second, name, 'old', reading(['A']))
      same((await claimAs(store, name, 'new', reading(['A', 'B']))).share, 2)
    },
    'lets a partition continue that something undecodable has stopped, once it is registered again':
      async (subject) => {
        const { store, second } = subject
        const name = await created(subject)
        const stop = async (failure: object) => {
          const lease = await claimOne(store, name, 'a', SHORT)
          await succeeds(store.stop(lease, { message: 'no', ...failure }))
          await declare(second, name, {})
          return (await claim(store, name, 'a')).stopped.length
        }
        same(await stop({ undecodable: true }), 0)
        same(await stop({}), 1)
      },
  },
}
