import assert from 'node:assert/strict'
import { buildOf } from '../../core/projection-build'
import { failsWith, same, succeeds } from '../store-contract/checks'
import { type Suite, type Operated, registered } from './subject'

const builds = [buildOf('totals', 1, 1), buildOf('totals', 2, 1), buildOf('totals', 3, 1)] as const
const [first, next, last] = builds

/** The active build of version 3, with those of versions 1 and 2 kept. */
const changedOver = async (subject: Operated): Promise<void> => {
  for (const build of builds) {
    await registered(subject, build.collection)
    await succeeds(subject.documents.activate('totals', build, 60_000))
  }
}

const statesOf = async ({ operator }: Operated, projection = 'totals') =>
  (await succeeds(operator.builds(projection))).map(
    ({ version, build, state }) => `${version}.${build} ${state}`,
  )

/** The builds of projections, and the way back to an earlier one. */
export const goingBack: Suite = {
  name: 'going back',
  tests: {
    'lists the builds of a projection, and until when they are kept': async (subject) => {
      await changedOver(subject)
      await succeeds(subject.documents.begin('totals', 4))
      same(await statesOf(subject), ['1.1 kept', '2.1 kept', '3.1 active', '4.1 building'])
      const listed = await succeeds(subject.operator.builds('totals'))
      const kept = listed.map(({ keptUntil = 0, begunAt }) => keptUntil > begunAt)
      same(kept, [true, true, false, false])
      const shown = await succeeds(subject.operator.status())
      const untils = shown.map(({ build }) => build?.keptUntil ?? 0)
      same(
        untils,
        listed.slice(0, 3).map(({ keptUntil = 0 }) => keptUntil),
      )
      same(await statesOf(subject, 'others'), [])
    },
    'shows readers the previous build, once, however often that is requested': async (subject) => {
      const { operator, documents } = subject
      await changedOver(subject)
      same(await succeeds(operator.rollBack('totals', last)), next)
      same(await succeeds(documents.active('totals')), next)
      same(await statesOf(subject), ['1.1 kept', '2.1 active', '3.1 removing'])
      same(await succeeds(operator.rollBack('totals', last)), next)
      same(await succeeds(documents.active('totals')), next)
      same(await succeeds(operator.rollBack('totals', next)), first)
      same(await succeeds(operator.rollBack('totals', next)), first)
      same(await statesOf(subject), ['1.1 active', '2.1 removing', '3.1 removing'])
    },
    'goes back from the build that was decided about, and from no other': async (subject) => {
      const { operator } = subject
      await changedOver(subject)
      for (const other of [first, next, buildOf('totals', 3, 2), buildOf('totals', 4, 1)]) {
        same(await succeeds(operator.rollBack('totals', other)), last)
      }
      same(await statesOf(subject), ['1.1 kept', '2.1 kept', '3.1 active'])
    },
    'cannot go back when no earlier build is kept': async (subject) => {
      const { operator, documents } = subject
      const missing = { _tag: 'NoEarlierBuild', projection: 'totals' }
      await failsWith(operator.rollBack('totals', first), missing)
      await succeeds(documents.activate('totals', first))
      await failsWith(operator.rollBack('totals', first), missing)
      same(await statesOf(subject), ['1.1 active'])
      assert.deepEqual(await succeeds(documents.active('totals')), first)
    },
  },
}
