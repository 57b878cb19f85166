import { failsWith, same, succeeds } from '../store-contract/checks'
import { type Suite, claim, claimOne, created, stepTo, takenOver } from './subject'

const FENCED = { _tag: 'LeaseLost' }
const failure = { message: 'enough', stack: 'here' }

/** How the work on a partition is ended for good. */
export const ending: Suite = {
  name: 'ending',
  tests: {
    'does nothing after a stop': async (subject) => {
      const { store, second } = subject
      const name = await created(subject)
      const lease = await claimOne(store, name, 'a')
      await succeeds(store.stop(lease, failure))
      await failsWith(store.stop(lease, failure), FENCED)
      await failsWith(store.save(stepTo(lease, 9)), FENCED)
      const stopped = [{ partition: 0, failure }]
      same(await claim(second, name, 'b'), { leases: [], share: 1, stopped })
    },
    'is not stopped by an owner that was fenced off': async (subject) => {
      const name = await created(subject)
      const { old, next } = await takenOver(subject, name)
      await failsWith(subject.store.stop(old, failure), FENCED)
      await succeeds(subject.second.save(stepTo(next, 5)))
    },
    'fences off the owner of a subscription that is removed': async (subject) => {
      const { store, second } = subject
      const name = await created(subject)
      const lease = await claimOne(store, name, 'a')
      await succeeds(second.remove(name))
      await failsWith(store.save(stepTo(lease, 9)), FENCED)
    },
  },
}
