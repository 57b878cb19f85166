import { same, succeeds } from '../store-contract/checks'
import { aHeldStream, type Suite, claimOne, created, freshName, holding, stepTo } from './subject'

const failure = { message: 'enough', stack: 'here' }

/** The answers to a waiting reader. */
export const waiting: Suite = {
  name: 'waiting',
  tests: {
    'answers a waiting reader with the position, and whether the subscription is stopped': async (
      subject,
    ) => {
      const { store, second } = subject
      same(await succeeds(store.arrival(freshName(), 1)), undefined)
      const name = await created(subject, { position: 2 })
      same(await succeeds(second.arrival(name, 9)), { position: 2 })
      const lease = await claimOne(store, name, 'a')
      await succeeds(store.save(stepTo(lease, 5)))
      await succeeds(store.stop({ ...lease }, failure))
      const stopped = { partition: 0, failure }
      same(await succeeds(second.arrival(name, 9)), { position: 5, stopped })
    },
    'answers a waiting reader that its event is parked, or held back by a parked one': async (
      subject,
    ) => {
      const { store, second } = subject
      const name = await created(subject)
      const lease = await claimOne(store, name, 'a')
      const parked = aHeldStream('counter-1', 4)
      await succeeds(store.save(holding(lease, 0, parked)))
      await succeeds(store.save(holding(lease, 4, aHeldStream('counter-2', 5), 60_000)))
      const answer = { position: 5, parked }
      same(await succeeds(second.arrival(name, 4)), answer)
      same(await succeeds(second.arrival(name, 9, 'counter-1')), answer)
      same(await succeeds(second.arrival(name, 3, 'counter-1')), { position: 5 })
      same(await succeeds(second.arrival(name, 9)), { position: 5 })
      same(await succeeds(second.arrival(name, 5, 'counter-2')), { position: 5 })
      await succeeds(
        store.save(holding({ ...lease, position: 5 }, 5, { ...parked, position: 5 }, 0)),
      )
      same(await succeeds(second.arrival(name, 5, 'counter-1')), { position: 5 })
    },
  },
}
