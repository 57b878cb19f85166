import { failsWith, same, succeeds } from '../store-contract/checks'
import { eventually } from '../eventually'
import { type Suite, claimOne, created, LONG, type MarkingStore, SHORT, takenOver } from './subject'

const FENCED = { _tag: 'LeaseLost' }

const lose = (store: MarkingStore, name: string, instance: string) =>
  claimOne(store, name, instance, SHORT)

/** The record of owners that have ended without giving their partition back. */
export const crashes: Suite = {
  name: 'owners that crash',
  tests: {
    'counts the owners in a row that have not given the partition back': async (subject) => {
      const { store, second } = subject
      const name = await created(subject)
      same((await lose(store, name, 'a')).takeovers, 0)
      same((await lose(second, name, 'b')).takeovers, 1)
      const third = await claimOne(store, name, 'c')
      same(third.takeovers, 2)
      await succeeds(store.release(third))
      same((await claimOne(second, name, 'd')).takeovers, 0)
    },
    'counts attempts at the same in a row, over all owners that have crashed': async (subject) => {
      const { store, second } = subject
      const name = await created(subject)
      const first = await lose(store, name, 'a')
      same(await succeeds(store.noteAttempt(first, 'event 4')), 1)
      const next = await lose(second, name, 'b')
      same(await succeeds(second.noteAttempt(next, 'event 4')), 2)
      const last = await claimOne(store, name, 'c')
      same(await succeeds(store.noteAttempt(last, 'event 4')), 3)
      same(await succeeds(store.noteAttempt(last, 'event 5')), 1)
      same(await succeeds(store.noteAttempt(last, 'event 4')), 1)
    },
    'forgets attempts and take-overs on request': async (subject) => {
      const { store, second } = subject
      const name = await created(subject)
      await lose(store, name, 'a')
      const lease = await lose(store, name, 'b')
      same(await succeeds(store.noteAttempt(lease, 'event 4')), 1)
      await succeeds(store.forgetAttempts(lease))
      const next = await claimOne(second, name, 'c')
      same(next.takeovers, 1)
      same(await succeeds(second.noteAttempt(next, 'event 4')), 1)
    },
    'resets attempts when the partition is released': async (subject) => {
      const { store, second } = subject
      const name = await created(subject)
      const lease = await claimOne(store, name, 'a')
      await succeeds(store.noteAttempt(lease, 'event 4'))
      await succeeds(store.release(lease))
      const next = await claimOne(second, name, 'b')
      same(await succeeds(second.noteAttempt(next, 'event 4')), 1)
    },
    'records and forgets nothing for an owner that was fenced off': async (subject) => {
      const name = await created(subject)
      const { old, next } = await takenOver(subject, name)
      await failsWith(subject.store.noteAttempt(old, 'event 4'), FENCED)
      await failsWith(subject.store.forgetAttempts(old), FENCED)
      same(await succeeds(subject.second.noteAttempt(next, 'event 4')), 1)
    },
    'extends one lease, and claims nothing more': async (subject) => {
      const { store, second } = subject
      const name = await created(subject, { partitions: 2 })
      const { leases } = await succeeds(store.claim(name, 'a', 400))
      const [first] = leases
      if (first === undefined) return
      await succeeds(store.leave(name, 'a'))
      await succeeds(store.prolong(first, LONG))
      const taken = await eventually('the other partition', async () => {
        const claimed = await succeeds(second.claim(name, 'b', LONG))
        return claimed.leases.length > 0 ? claimed.leases : undefined
      })
      same(
        taken.map(({ partition }) => partition),
        [1],
      )
    },
    'extends nothing for an owner that was fenced off or has given it back': async (subject) => {
      const name = await created(subject)
      const { old, next } = await takenOver(subject, name)
      await failsWith(subject.store.prolong(old, LONG), FENCED)
      await succeeds(subject.second.release(next))
      await failsWith(subject.second.prolong(next, LONG), FENCED)
    },
  },
}
