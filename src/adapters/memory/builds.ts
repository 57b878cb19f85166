import {
  ABANDONED_AFTER,
  BUILD_START_TIME,
  buildOf,
  isLaterBuild,
  keepingTime,
} from '../../core/projection-build'
import type {
  BuildNumbers,
  BuildStatus,
  ProjectionBuild,
  RolledBack,
} from '../../core/ports/projection-store'
import type { Position } from '../../core/stream'
import { type MemoryBuild, type MemoryReadSideState, reachedIn } from './read-side-state'
import type { MemoryPartition } from './subscription-state'

/** The builds of all projections, and which of them readers see. */
export interface MemoryBuilds {
  readonly active: (projection: string) => ProjectionBuild | undefined
  /** The newest build of a version that readers may see. */
  readonly ofVersion: (projection: string, version: number) => ProjectionBuild | undefined
  readonly begin: (projection: string, version: number) => ProjectionBuild
  /** `undefined`: the version was rolled back. */
  readonly join: (projection: string, version: number) => ProjectionBuild | undefined
  readonly activate: (
    projection: string,
    build: ProjectionBuild,
    keepFor?: number,
  ) => ProjectionBuild
  readonly rollBack: (projection: string, from?: BuildNumbers) => RolledBack | undefined
  readonly list: (projection: string) => ReadonlyArray<BuildStatus>
  readonly abandon: (projection: string, build: ProjectionBuild) => void
  /** Deletes the subscriptions of builds that are to be removed. Answers the collections to clear. */
  readonly toRemove: (projection: string) => ReadonlyArray<string>
  /** Marks the builds whose documents are cleared as removed. */
  readonly removed: (projection: string) => void
}

const plain = ({ version, build, collection }: ProjectionBuild): ProjectionBuild => ({
  version,
  build,
  collection,
})

/**
 * Builds in the memory of one process.
 *
 * @param state - the subscriptions that make the builds, and the builds.
 * @param now - the store's clock, in milliseconds.
 */
export const memoryBuilds = (
  { subscriptions, builds: shown, begun: known }: MemoryReadSideState,
  now: () => number,
): MemoryBuilds => {
  const buildsOf = (projection: string): ReadonlyArray<MemoryBuild> => known.get(projection) ?? []
  const activeOf = (projection: string): MemoryBuild | undefined =>
    buildsOf(projection).find(({ state }) => state === 'active')
  const versionOf = (projection: string, wanted: number): ReadonlyArray<MemoryBuild> =>
    buildsOf(projection).filter(({ version }) => version === wanted)
  const find = (projection: string, { collection }: ProjectionBuild): MemoryBuild | undefined =>
    buildsOf(projection).find((build) => build.collection === collection)

  const partitionsOf = ({ collection }: ProjectionBuild): ReadonlyArray<MemoryPartition> =>
    subscriptions.get(collection)?.partitions ?? []
  const reached = ({ collection }: ProjectionBuild): Position | undefined =>
    reachedIn(subscriptions, collection)
  const held = (build: ProjectionBuild): number =>
    partitionsOf(build).reduce(
      (sum, partition) => sum + partition.held.size + (partition.failure === undefined ? 0 : 1),
      0,
    )
  const instancesSince = ({ collection }: ProjectionBuild, time: number): number =>
    [...(subscriptions.get(collection)?.instances.values() ?? [])].filter((until) => until >= time)
      .length

  const add = (projection: string, build: ProjectionBuild, isShared: boolean): MemoryBuild => {
    const fresh: MemoryBuild = {
      ...plain(build),
      state: 'building',
      isShared,
      begunAt: now(),
      keptUntil: 0,
      wasActive: false,
      wasRolledBack: false,
    }
    const builds = known.get(projection) ?? []
    builds.push(fresh)
    builds.sort((left, right) => (isLaterBuild(left, right) ? 1 : -1))
    known.set(projection, builds)
    return fresh
  }
  const addNext = (projection: string, version: number, isShared: boolean): ProjectionBuild => {
    let number = (versionOf(projection, version).at(-1)?.build ?? 0) + 1
    // A subscription of that name without a build is not one of ours.
    while (subscriptions.has(buildOf(projection, version, number).collection)) number++
    return plain(add(projection, buildOf(projection, version, number), isShared))
  }
  const mayFollow = (build: MemoryBuild, before: MemoryBuild): boolean =>
    isLaterBuild(build, before) &&
    (reached(build) ?? 0) >= (reached(before) ?? 0) &&
    held(build) === 0
  const isAbandoned = (build: MemoryBuild): boolean => {
    const since = now() - ABANDONED_AFTER
    return (
      build.begunAt < since &&
      instancesSince(build, since) === 0 &&
      partitionsOf(build).every(({ heartbeatAt }) => (heartbeatAt ?? 0) < since)
    )
  }
  const isOver = (build: MemoryBuild): boolean =>
    build.state === 'removing' ||
    (build.state === 'kept' && build.keptUntil <= now()) ||
    (build.state === 'building' && isAbandoned(build))

  return {
    active: (projection) => shown.get(projection),
    ofVersion: (projection, version) => {
      const seen = versionOf(projection, version).findLast(
        ({ state }) => state === 'active' || state === 'kept',
      )
      return seen === undefined ? undefined : plain(seen)
    },
    begin: (projection, version) => addNext(projection, version, false),
    join: (projection, version) => {
      const builds = versionOf(projection, version)
      if (builds.findLast((build) => build.wasActive)?.wasRolledBack === true) return undefined
      const joined =
        builds.find(({ state }) => state === 'active') ??
        builds.findLast(
          (build) =>
            build.state === 'building' &&
            build.isShared &&
            (build.begunAt > now() - BUILD_START_TIME || instancesSince(build, now()) > 0),
        )
      return joined === undefined ? addNext(projection, version, true) : plain(joined)
    },
    activate: (projection, wanted, keepFor) => {
      const before = activeOf(projection)
      const next = find(projection, wanted) ?? add(projection, wanted, false)
      const isReady = next.state === 'building' && (before === undefined || mayFollow(next, before))
      if (isReady) {
        next.state = 'active'
        shown.set(projection, plain(next))
        next.wasActive = true
        if (before !== undefined) {
          before.state = 'kept'
          before.keptUntil = now() + keepingTime(keepFor)
        }
      }
      return plain(activeOf(projection) ?? next)
    },
    rollBack: (projection, seen) => {
      const from = activeOf(projection)
      const isSeen =
        seen === undefined || (from?.version === seen.version && from.build === seen.build)
      const to = buildsOf(projection).findLast(({ state }) => state === 'kept')
      if (from === undefined || to === undefined || !isSeen) return undefined
      from.state = 'removing'
      from.wasRolledBack = true
      to.state = 'active'
      shown.set(projection, plain(to))
      return { from: plain(from), to: plain(to) }
    },
    list: (projection) =>
      buildsOf(projection).flatMap((build) => {
        const { state, begunAt, keptUntil } = build
        const position = reached(build)
        return state === 'gone'
          ? []
          : {
              ...plain(build),
              state,
              begunAt,
              ...(state === 'kept' ? { keptUntil } : {}),
              ...(position === undefined ? {} : { reached: position }),
              held: held(build),
              instances: instancesSince(build, now()),
            }
      }),
    abandon: (projection, wanted) => {
      const build = find(projection, wanted)
      if (build?.state === 'building' && instancesSince(build, now()) === 0) {
        build.state = 'removing'
      }
    },
    toRemove: (projection) =>
      buildsOf(projection)
        .filter(isOver)
        .map((build) => {
          build.state = 'removing'
          subscriptions.delete(build.collection)
          return build.collection
        }),
    removed: (projection) => {
      for (const build of buildsOf(projection)) {
        if (build.state === 'removing') build.state = 'gone'
      }
    },
  }
}
