import type { TaskEither } from 'fp-ts/TaskEither'
import type { Backend } from '../core/ports/backend'
import { httpProblem, type Problem } from '../http/problem'
import type { RebuildRow } from './answers'
import type { Mask } from './masking'
import type { AnyCategory, States } from './states'

/** An error of the library. */
export interface LibraryError {
  readonly _tag: string
  readonly message: string
}

/** What the studio needs of a backend. Without `--operate` only its reads are called. */
export type StudioBackend = Pick<Backend<never>, 'store' | 'operator'>

/** Projections that can be rebuilt here. */
export interface Rebuilds {
  readonly projections: ReadonlyArray<string>
  /** Begins to rebuild a projection, and answers once it has begun or why it has not. */
  readonly start: (projection: string) => TaskEither<LibraryError, void>
  readonly list: () => ReadonlyArray<RebuildRow>
}

/** What a studio shows, and to whom. */
export interface StudioOptions {
  readonly backend: StudioBackend
  /** Which database it is, for the page. Never with a password. */
  readonly place: string
  readonly schema: string
  readonly version: string
  /** Those whose states can be shown. */
  readonly categories: ReadonlyArray<AnyCategory>
  /** What is hidden until it is asked for. `undefined`: nothing. */
  readonly mask: Mask | undefined
  /** Who may retry, skip, resume and rebuild. `undefined`: nothing can be changed. */
  readonly operator: string | undefined
  readonly rebuilds: Rebuilds
  /** What an error of the library says here. Without secrets and stacks. */
  readonly explain: (error: LibraryError) => string
  /** Milliseconds since 1970-01-01 UTC. */
  readonly now: () => number
}

/** What routes run with. */
export interface Environment extends StudioOptions {
  readonly states: States
}

/** The problem that an error of the library is. */
export const problemOfError =
  ({ explain }: Pick<StudioOptions, 'explain'>) =>
  (error: LibraryError): Problem => {
    const status = statusOf(error._tag)
    return { ...httpProblem(status, 'failed', explain(error)), error: error._tag }
  }

const statusOf = (tag: string): number => {
  if (tag === 'StoreFailed') return 503
  if (tag === 'SubscriptionNotFound' || tag === 'VersionNotReached') return 404
  return tag.startsWith('Invalid') ? 400 : 409
}
