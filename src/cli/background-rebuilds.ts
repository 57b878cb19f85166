import * as E from 'fp-ts/Either'
import { stopAfter } from '../core/poison'
import { localWakeUps } from '../core/ports/wake-ups'
import { rebuildProjection } from '../shell/projection/rebuild-projection'
import type { RebuildRow } from '../studio/answers'
import type { Rebuilds } from '../studio/environment'
import { failure } from './failure'
import type { AnyProjection } from './projection-module'
import { type Plan, planRebuild } from './rebuilding'
import { explain, type Session } from './session'

/** An event that fails so often ends the rebuild: readers must not get an incomplete build. */
const ATTEMPTS = 3

interface Outside {
  /** Aborted when the program ends: what is not complete then is deleted. */
  readonly signal: AbortSignal
  readonly now: () => number
}

/** Rebuilds that run while the studio does, one of each projection at a time. */
export const backgroundRebuilds = (
  session: Session,
  projections: ReadonlyArray<AnyProjection>,
  { signal, now }: Outside,
): Rebuilds & { readonly settled: () => Promise<void> } => {
  const rows = new Map<string, RebuildRow>()
  const running = new Map<string, Promise<void>>()

  const run = async ({ projection, partitions }: Plan, startedAt: number): Promise<void> => {
    const { name } = projection
    const say = (row: Pick<RebuildRow, 'state' | 'message'>): void => {
      rows.set(name, { projection: name, startedAt, ...row })
    }
    say({ state: 'running' })
    const rebuild = rebuildProjection(projection, { partitions, poison: stopAfter(ATTEMPTS) })
    const rebuilt = await rebuild({ ...session, wakeUps: localWakeUps() }, { signal })()
    if (E.isLeft(rebuilt)) say({ state: 'failed', message: explain(session)(rebuilt.left).message })
    else if (rebuilt.right === undefined) say({ state: 'failed', message: 'It was cancelled.' })
    else {
      const { version, build } = rebuilt.right
      say({ state: 'done', message: `Readers see build ${build} of version ${version}.` })
    }
    running.delete(name)
  }

  return {
    projections: projections.map(({ name }) => name).sort(),
    list: () => [...rows.values()],
    start: (name) => async () => {
      const projection = projections.find((one) => one.name === name)
      if (projection === undefined) {
        const message = `No code of the projection ${name} was given: start the studio with --module <file>.`
        return E.left(failure('NoProjection', message))
      }
      const plan = await planRebuild(session, projection, false)()
      if (E.isLeft(plan)) return plan
      if (running.has(name)) {
        return E.left(failure('RebuildRunning', `${name} is being rebuilt at this moment.`))
      }
      running.set(name, run(plan.right, now()))
      return E.right(undefined)
    },
    settled: async () => {
      await Promise.all(running.values())
    },
  }
}
