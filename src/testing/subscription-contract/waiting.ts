import assert from 'node:assert/strict'
import { same, succeeds } from '../store-contract/checks'
import { aHeldStream, type Chapter, claimOne, created, freshName, holding, stepTo } from './subject'

const failure = { message: 'enough', stack: 'here' }

/** What those who wait, and operators, are told. */
export const waiting: Chapter = {
  name: 'telling',
  tests: {
    'tells those who wait how far it is, and whether it stands still': async (subject) => {
      const { store, second } = subject
      same(await succeeds(store.arrival(freshName(), 1)), undefined)
      const name = await created(subject, { position: 2 })
      same(await succeeds(second.arrival(name, 9)), { position: 2 })
      const lease = await claimOne(store, name, 'a')
      await succeeds(store.save(stepTo(lease, 5)))
      await succeeds(store.halt({ ...lease }, failure))
      const stopped = { partition: 0, failure }
      same(await succeeds(second.arrival(name, 9)), { position: 5, stopped })
    },
    'tells those who wait that their event is parked, or stands behind a parked one': async (
      subject,
    ) => {
      const { store, second } = subject
      const name = await created(subject)
      const lease = await claimOne(store, name, 'a')
      const parked = aHeldStream('counter-1', 4)
      await succeeds(store.save(holding(lease, 0, parked)))
      await succeeds(store.save(holding(lease, 4, aHeldStream('counter-2', 5), 60_000)))
      const told = { position: 5, parked }
      same(await succeeds(second.arrival(name, 4)), told)
      same(await succeeds(second.arrival(name, 9, 'counter-1')), told)
      same(await succeeds(second.arrival(name, 3, 'counter-1')), { position: 5 })
      same(await succeeds(second.arrival(name, 9)), { position: 5 })
      same(await succeeds(second.arrival(name, 5, 'counter-2')), { position: 5 })
      await succeeds(second.decide(name, 'counter-1', 'retry'))
      same(await succeeds(second.arrival(name, 4)), { position: 5 })
    },
    'tells an operator since when its owner is busy, and what went wrong last': async (subject) => {
      const { store, second } = subject
      const name = await created(subject, { partitions: 2 })
      const statusNow = async () =>
        (await succeeds(second.status())).filter(({ subscription }) => subscription === name)
      await succeeds(store.claim(name, 'a', 60_000))
      same(
        (await statusNow()).map(({ busySince, lastTrouble }) => [busySince, lastTrouble]),
        [[], []].map(() => [undefined, undefined]),
      )
      const told = [{ partition: 1, busyFor: 3_600_000, trouble: failure }]
      await succeeds(store.claim(name, 'a', 60_000, { partitions: told }))
      const [idle, busy] = await statusNow()
      same([idle?.busySince, idle?.lastTrouble], [undefined, undefined])
      const { at, ...trouble } = busy?.lastTrouble ?? { at: 0 }
      same(trouble, failure)
      const since = at - (busy?.busySince ?? 0)
      assert.ok(Math.abs(since - 3_600_000) < 1_000, `busy for ${since} ms`)
      await succeeds(store.claim(name, 'a', 60_000))
      const [, calm] = await statusNow()
      same([calm?.busySince, calm?.lastTrouble?.message], [undefined, 'enough'])
    },
  },
}
