import type { TaskEither } from 'fp-ts/TaskEither'
import type { StoreFailed } from '../../core/errors/store'
import type { Session } from '../session'

export type Status = 'ok' | 'warning' | 'problem'

/** What a check has found. */
export interface Finding {
  readonly status: Status
  readonly found: string
  /** What to do about it. */
  readonly advice?: string
}

/** Something that can be looked at. */
export interface Check {
  readonly name: string
  /** Whether it needs our tables, or only a server. */
  readonly needs: 'server' | 'tables'
  readonly examine: (session: Session, now: () => number) => TaskEither<StoreFailed, Finding>
}

export const ok = (found: string): Finding => ({ status: 'ok', found })

export const warning = (found: string, advice: string): Finding => ({
  status: 'warning',
  found,
  advice,
})

export const problem = (found: string, advice: string): Finding => ({
  status: 'problem',
  found,
  advice,
})
