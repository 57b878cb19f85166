/**
 * The names of `reprise/boundary`: rules that span several streams, and what can go wrong with them. Nothing in `src`
 * imports this file.
 */
export { type Boundary, boundaryOf } from './core/boundary'
export type { BoundaryQuery, QueryItem } from './core/boundary-query'
export type { BoundaryConflict, CommandIdReused } from './core/errors/conflict'
export type { Rejected } from './core/errors/decision'
export type { InvalidQuery } from './core/errors/invalid'
export type { BoundaryError, BoundaryLoadError } from './core/errors/unions'
export type { CommandResult } from './shell/category/command'
export type { CategoryOptions } from './shell/category/settings'
export {
  type BoundaryCapableStore,
  type BoundaryCommandOptions,
  type BoundaryInTransaction,
  type OpenBoundary,
  openBoundary,
} from './shell/boundary/open-boundary'
export type { Versioned } from './shell/state/replay'
