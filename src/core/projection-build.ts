import { setting } from './setting'
import type { BuildNumbers, ProjectionBuild } from './ports/projection-store'

/** The build of a version with a number of its own. */
export const buildOf = (name: string, version: number, build: number): ProjectionBuild => ({
  version,
  build,
  collection: `${name}@${version}.${build}`,
})

/** How long the previous build is kept, by default. Milliseconds: a day. */
const KEEP_OLD_BUILD = 86_400_000

/** The longest time that it can be kept. Milliseconds: 100 years. */
const LONGEST_KEEPING = 3_155_760_000_000

/** How long the previous build is kept, within what can be stored. What is no number: the default. */
export const keepingTime = (milliseconds?: number): number =>
  setting(milliseconds, KEEP_OLD_BUILD, 0, LONGEST_KEEPING)

/** How long after its start a build counts as alive although no instance runs it. Milliseconds. */
export const BUILD_START_TIME = 10_000

/** How long an unfinished build may be without an instance before it is removed. Milliseconds. */
export const ABANDONED_AFTER = 60_000

/** Whether a build is of a later version than another one, or a later one of the same version. */
export const isLaterBuild = (build: BuildNumbers, than: BuildNumbers): boolean =>
  build.version > than.version || (build.version === than.version && build.build > than.build)
