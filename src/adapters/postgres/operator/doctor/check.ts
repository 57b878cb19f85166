import type { TaskEither } from 'fp-ts/TaskEither'
import type { StoreFailed } from '../../../../core/errors/store'
import type { Finding } from '../../../../core/operator/finding'

/** Something that can be looked at. */
export interface Check {
  readonly name: string
  /** Whether it needs our tables, or only a server. */
  readonly needs: 'server' | 'tables'
  readonly look: TaskEither<StoreFailed, Finding>
}
