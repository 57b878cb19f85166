import assert from 'node:assert/strict'
import * as E from 'fp-ts/Either'
import { failsWith, same, succeeds } from '../store-contract/checks'
import {
  appended,
  type Suite,
  claimed,
  claimOne,
  FAILURE,
  firstOf,
  heldStream,
  hold,
  type Operated,
  registered,
} from './subject'

const MISSING = { _tag: 'SubscriptionNotFound', subscription: 'unknown' }
const FENCED = { _tag: 'LeaseLost' }

/** A projection whose active build is kept by the subscription `totals@1.1`. */
export const aProjection = async (subject: Operated, partitions = 1): Promise<void> => {
  await registered(subject, 'totals@1.1', { partitions })
  const build = { version: 1, build: 1, collection: 'totals@1.1' }
  await succeeds(subject.documents.activate('totals', build))
}

export const KEEPS = {
  _tag: 'SubscriptionKeepsProjection',
  subscription: 'totals@1.1',
  projection: 'totals',
}

/** What the owner of a subscription is refused with. */
export const runs = (subscription: string) => ({
  _tag: 'SubscriptionRunning',
  subscription,
  owner: 'worker',
})

/** Checkpoints that are moved or forgotten. */
export const moving: Suite = {
  name: 'moving',
  tests: {
    'forgets of which store a checkpoint was, when it is moved': async (subject) => {
      const { operator, subscriptions } = subject
      await registered(subject, 'mails')
      const lease = await claimOne(subject, 'mails')
      const step = { lease, after: lease.position, position: lease.position, lineage: 'one' }
      await succeeds(subscriptions.save(step))
      same((await claimOne(subject, 'mails')).lineage, 'one')
      await succeeds(operator.reset('mails', 0, 'fenceOff'))
      same((await claimOne(subject, 'mails')).lineage, undefined)
    },
    'is reset with nothing held, nothing stopped, and continues from there': async (subject) => {
      const { operator, subscriptions } = subject
      await registered(subject, 'mails', { partitions: 2 })
      const last = (await appended(subject, 'counter-1', ['a', 'b', 'c'])).at(-1) ?? 0
      const [first, second] = await claimed(subject, 'mails')
      assert.ok(first !== undefined && second !== undefined)
      await hold(subject, first, heldStream('counter-1', last))
      await succeeds(subscriptions.stop(second, FAILURE))
      await succeeds(operator.reset('mails', last - 1, 'fenceOff'))
      await succeeds(operator.reset('mails', last - 1, 'fenceOff'))
      const seen = (await succeeds(operator.status('mails'))).map((one) => [
        one.position,
        one.state,
        one.parked + one.waiting,
      ])
      same(seen, [
        [last - 1, 'no owner', 0],
        [last - 1, 'no owner', 0],
      ])
      same((await claimOne(subject, 'mails')).position, last - 1)
    },
    'may be moved from the start to the horizon, and no further': async (subject) => {
      const { operator } = subject
      await registered(subject, 'mails')
      const last = (await appended(subject, 'counter-1', ['a', 'b'])).at(-1) ?? 0
      await succeeds(operator.reset('mails', last, 'refuse'))
      await succeeds(operator.reset('mails', 0, 'refuse'))
      for (const position of [last + 1, -1, 0.5, Number.NaN]) {
        const invalid = { _tag: 'InvalidOperation', argument: 'position' }
        await failsWith(operator.reset('mails', position, 'refuse'), invalid)
      }
      same((await firstOf(subject, 'mails')).position, 0)
    },
    'is not moved while it is running, unless its owner is to be fenced off': async (subject) => {
      const { operator, subscriptions } = subject
      await registered(subject, 'mails')
      const lease = await claimOne(subject, 'mails')
      await failsWith(operator.reset('mails', 0, 'refuse'), runs('mails'))
      await succeeds(subscriptions.save({ lease, after: 0, position: 1 }))
      await succeeds(operator.reset('mails', 0, 'fenceOff'))
      await failsWith(subscriptions.save({ lease, after: 0, position: 2 }), FENCED)
      same((await firstOf(subject, 'mails')).owner, undefined)
    },
    'fences its owner off in the middle of its work, or comes after it': async (subject) => {
      const { operator, subscriptions } = subject
      await registered(subject, 'mails')
      const lease = await claimOne(subject, 'mails')
      let reset: Promise<unknown> = Promise.resolve()
      const late = subscriptions.commit({ lease, after: 0, position: 5 }, () => {
        reset = succeeds(operator.reset('mails', 0, 'fenceOff')) // it may have to wait for us
        return () => Promise.resolve(E.right(undefined))
      })
      const answer = await late()
      await reset
      if (E.isLeft(answer)) same(answer.left._tag, 'LeaseLost')
      same((await firstOf(subject, 'mails')).position, 0)
    },
    'does not move documents away from their checkpoint': async (subject) => {
      const { operator } = subject
      await aProjection(subject)
      await failsWith(operator.reset('totals@1.1', 0, 'fenceOff'), KEEPS)
      await failsWith(operator.remove('totals@1.1', 'fenceOff'), KEEPS)
      same((await firstOf(subject, 'totals@1.1')).position, 0)
    },
    'is forgotten when it is removed, with all that it holds, and no other is': async (subject) => {
      const { operator, subscriptions } = subject
      for (const name of ['mails', 'others']) {
        await registered(subject, name)
        await hold(subject, await claimOne(subject, name), heldStream('counter-1', 4))
      }
      await failsWith(operator.remove('mails', 'refuse'), runs('mails'))
      const lease = await claimOne(subject, 'mails')
      await succeeds(operator.remove('mails', 'fenceOff'))
      await failsWith(subscriptions.save({ lease, after: 4, position: 9 }), FENCED)
      same(
        (await succeeds(operator.status())).map(({ subscription, parked }) => [
          subscription,
          parked,
        ]),
        [['others', 1]],
      )
      await registered(subject, 'mails')
      same(await succeeds(operator.heldEvents('mails', { after: 0, limit: 9 })), {
        events: [],
        more: false,
      })
      await succeeds(operator.remove('mails', 'refuse'))
      const gone = { _tag: 'SubscriptionNotFound', subscription: 'mails' }
      await failsWith(operator.remove('mails', 'refuse'), gone)
    },
    'answers for a subscription that does not exist': async ({ operator }) => {
      await failsWith(operator.reset('unknown', 0, 'refuse'), MISSING)
      await failsWith(operator.remove('unknown', 'refuse'), MISSING)
    },
  },
}
