import assert from 'node:assert/strict'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { handlerFailed } from '../../core/errors/subscription'
import { failsWith, same, succeeds } from '../store-contract/checks'
import { atOnce, repeatedly } from '../store-contract/fixtures'
import { aHeldStream, type Suite, claimOne, created, freshName, stepTo, takenOver } from './subject'

const FENCED = { _tag: 'LeaseLost' }

/** The checkpoint, and the effect that is saved with it. */
export const steps: Suite = {
  name: 'steps',
  tests: {
    'saves a step for the next owner to continue from': async (subject) => {
      const { store, second } = subject
      const name = await created(subject)
      const lease = await claimOne(store, name, 'a')
      await succeeds(store.save(stepTo(lease, 5)))
      same(await succeeds(second.reached(name)), 5)
      await succeeds(store.release(lease))
      same((await claimOne(second, name, 'b')).position, 5)
    },
    'has reached the position of its slowest partition': async (subject) => {
      const { store, second } = subject
      const name = await created(subject, { partitions: 2, position: 1 })
      const { leases } = await succeeds(store.claim(name, 'a', 60_000))
      for (const lease of leases) await succeeds(store.save(stepTo(lease, 5 + lease.partition)))
      same(await succeeds(second.reached(name)), 5)
    },
    'commits a step together with its effect': async (subject) => {
      const [name, mark] = [await created(subject), freshName()]
      const lease = await claimOne(subject.store, name, 'a')
      await succeeds(subject.store.commit(stepTo(lease, 3), (leave) => leave(mark)))
      same(await succeeds(subject.isMarked(mark)), true)
      same(await succeeds(subject.second.reached(name)), 3)
    },
    'ends a step where its work says, and holds back what its work says': async (subject) => {
      const { store, second } = subject
      const [name, mark] = [await created(subject), freshName()]
      const lease = await claimOne(store, name, 'a')
      const held = aHeldStream('counter-1', 4)
      const end = { position: 4, holding: { _tag: 'Hold', stream: held } } as const
      const commit = store.commitTo({ lease, after: 0 }, (leave) =>
        pipe(
          leave(mark),
          TE.map(() => end),
        ),
      )
      await succeeds(commit)
      same(await succeeds(subject.isMarked(mark)), true)
      same(await succeeds(second.reached(name)), 4)
      same(await succeeds(store.heldStreams(lease)), ['counter-1'])
    },
    'keeps neither effect nor step when the work fails': async (subject) => {
      const [name, mark] = [await created(subject), freshName()]
      const lease = await claimOne(subject.store, name, 'a')
      const failing = subject.store.commit(stepTo(lease, 3), (leave) =>
        pipe(
          leave(mark),
          TE.flatMap(() => TE.left(handlerFailed(name, 3, 'because'))),
        ),
      )
      await failsWith(failing, { _tag: 'HandlerFailed', position: 3, cause: 'because' })
      same(await succeeds(subject.isMarked(mark)), false)
      same(await succeeds(subject.second.reached(name)), 0)
      await succeeds(subject.store.commit(stepTo(lease, 3), (leave) => leave(mark)))
    },
    'saves nothing for an owner that was fenced off': async (subject) => {
      const name = await created(subject)
      const { old } = await takenOver(subject, name)
      const fenced = { ...FENCED, subscription: name, partition: 0, token: old.token }
      await failsWith(subject.store.save(stepTo(old, 5)), fenced)
      same(await succeeds(subject.store.reached(name)), 0)
    },
    'keeps nothing of the effect of an owner that was fenced off': async (subject) => {
      const [name, mark] = [await created(subject), freshName()]
      const { old } = await takenOver(subject, name)
      const late = subject.store.commit(stepTo(old, 5), (leave) => leave(mark))
      await failsWith(late, FENCED)
      same(await succeeds(subject.isMarked(mark)), false)
      same(await succeeds(subject.second.reached(name)), 0)
    },
    'saves nothing for an owner that has given its partition back': async (subject) => {
      const name = await created(subject)
      const lease = await claimOne(subject.store, name, 'a')
      await succeeds(subject.store.release(lease))
      await failsWith(subject.store.save(stepTo(lease, 5)), FENCED)
    },
    'writes nothing when the checkpoint is not at the expected position': async (subject) => {
      const [name, mark] = [await created(subject), freshName()]
      const lease = await claimOne(subject.store, name, 'a')
      await succeeds(subject.store.save(stepTo(lease, 5)))
      await failsWith(subject.store.save(stepTo(lease, 6, 4)), FENCED)
      await failsWith(
        subject.store.commit(stepTo(lease, 5), (leave) => leave(mark)),
        FENCED,
      )
      same(await succeeds(subject.isMarked(mark)), false)
      same(await succeeds(subject.second.reached(name)), 5)
    },
    'lets one of ten equal steps through, with its effect': (subject) =>
      repeatedly(3, async () => {
        const name = await created(subject)
        const marks = Array.from({ length: 10 }, freshName)
        const lease = await claimOne(subject.store, name, 'a')
        const answers = await atOnce(10, (index) =>
          (index % 2 === 0 ? subject.store : subject.second).commit(stepTo(lease, 5), (leave) =>
            leave(marks[index] ?? ''),
          )(),
        )
        const kept = await Promise.all(marks.map((mark) => succeeds(subject.isMarked(mark))))
        same(kept, answers.map(E.isRight))
        same(kept.filter(Boolean).length, 1)
        for (const answer of answers)
          if (E.isLeft(answer)) assert.equal(answer.left._tag, 'LeaseLost')
      }),
  },
}
