import type { ProjectionBuild } from './ports/projection-store'

/** The build of a version with a number of its own. */
export const buildOf = (name: string, version: number, build: number): ProjectionBuild => ({
  version,
  build,
  collection: `${name}@${version}.${build}`,
})

/** How long the build that readers saw before is kept, unless something else is said. Milliseconds: a day. */
export const KEEP_OLD_BUILD = 86_400_000

/** A build counts as alive for so long after it was begun, without an instance. Milliseconds. */
export const BUILD_START_TIME = 10_000

/** After so long without an instance an unfinished build is removed. Milliseconds. */
export const ABANDONED_AFTER = 60_000

type Numbers = Pick<ProjectionBuild, 'version' | 'build'>

/** Whether a build is of a later version than another one, or a later one of the same version. */
export const isLaterBuild = (build: Numbers, than: Numbers): boolean =>
  build.version > than.version || (build.version === than.version && build.build > than.build)
