import { same, succeeds } from '../store-contract/checks'
import { type Suite, claim, claimOne, created, stepTo } from './subject'

/** Which store a checkpoint speaks of. */
export const lineages: Suite = {
  name: 'lineages',
  tests: {
    'knows none of a subscription that was never worked on': async (subject) => {
      const name = await created(subject, { position: 3 })
      same((await claimOne(subject.store, name, 'a')).lineage, undefined)
    },
    'keeps the lineage that a step names, for the next owner, and with later steps': async (
      subject,
    ) => {
      const { store, second } = subject
      const name = await created(subject)
      const lease = await claimOne(store, name, 'a')
      await succeeds(store.save({ ...stepTo(lease, 0), lineage: 'one' }))
      same((await claim(store, name, 'a')).leases, [{ ...lease, lineage: 'one' }])
      await succeeds(store.save(stepTo(lease, 5)))
      await succeeds(store.release(lease))
      const next = await claimOne(second, name, 'b')
      same([next.position, next.lineage], [5, 'one'])
    },
    'keeps the lineage of a step together with its effect': async (subject) => {
      const name = await created(subject)
      const lease = await claimOne(subject.store, name, 'a')
      const step = { ...stepTo(lease, 5), lineage: 'one' }
      await succeeds(subject.store.commit(step, (leave) => leave(name)))
      same((await claim(subject.second, name, 'a')).leases[0]?.lineage, 'one')
    },
    'keeps it for each partition': async (subject) => {
      const { store } = subject
      const name = await created(subject, { partitions: 2 })
      const { leases } = await claim(store, name, 'a')
      for (const lease of leases.slice(1)) {
        await succeeds(store.save({ ...stepTo(lease, 1), lineage: 'one' }))
      }
      same(
        (await claim(store, name, 'a')).leases.map(({ lineage }) => lineage),
        [undefined, 'one'],
      )
    },
  },
}
