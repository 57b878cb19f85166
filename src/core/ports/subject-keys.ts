import type { TaskEither } from 'fp-ts/TaskEither'
import type { StoreFailed } from '../errors/store'

/** The key of a subject as it is stored: wrapped, or destroyed. */
export interface StoredSubjectKey {
  /** Whose: 1 to 255 characters. */
  readonly subject: string
  /** The id of the master key that has wrapped it. 1 to 255 characters. */
  readonly masterKey: string
  /** The wrapped key, in base64. Omitted: it was destroyed, because its subject was forgotten. */
  readonly wrapped?: string
}

/** A key that is wrapped, and whose. */
export type WrappedSubjectKey = Required<StoredSubjectKey>

/** Which keys. */
export interface SubjectKeyRange {
  /** Only subjects that come later in the order of code points. Empty: from the start. */
  readonly after: string
  /** Keys at most in this page. 1 or more. */
  readonly limit: number
  /** Only keys that another master key than this one has wrapped. */
  readonly notWrappedBy: string
}

/**
 * Where the keys of subjects are stored: every one wrapped, so that this table alone opens nothing. A key that was destroyed
 * stays as such, and its subject never gets another one: what a process has in memory of a person does not come back.
 *
 * Every method fails with `StoreFailed` when the store rejects the statement or does not answer; a write with outcome
 * `unknown` may have been done. All of them are safe to repeat. Destroying a key is `Operator.forgetSubject`.
 */
export interface SubjectKeys {
  /** The existing ones of these, in any order. */
  readonly find: (
    subjects: ReadonlyArray<string>,
  ) => TaskEither<StoreFailed, ReadonlyArray<StoredSubjectKey>>
  /** Stores keys for those of the subjects that have none, and answers what is stored for each of them, in any order. */
  readonly add: (
    keys: ReadonlyArray<WrappedSubjectKey>,
  ) => TaskEither<StoreFailed, ReadonlyArray<StoredSubjectKey>>
  /** A page of keys that are not destroyed, by subject. */
  readonly page: (
    range: SubjectKeyRange,
  ) => TaskEither<StoreFailed, ReadonlyArray<WrappedSubjectKey>>
  /** Stores another wrapping of a key, unless the key is wrapped in another way than `before` by now, or destroyed. */
  readonly rewrap: (
    before: WrappedSubjectKey,
    after: WrappedSubjectKey,
  ) => TaskEither<StoreFailed, void>
}

/** The keys of a backend. */
export interface BackendSubjectKeys<Transaction> extends SubjectKeys {
  /** The same inside of a transaction: a key that is added there is there once it is committed. */
  readonly inTransaction: (transaction: Transaction) => SubjectKeys
}
