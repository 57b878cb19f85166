import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import type { StoreFailed } from '../core/errors/store'
import type { SubjectKeys } from '../core/ports/subject-keys'
import { unwrapped, wrappedWith } from './key-ring'
import type { MasterKey } from './master-key'

/** What a rotation has done. */
export interface Rotated {
  /** How many keys were wrapped by another master key, and are not any more. */
  readonly keys: number
}

const PAGE = 500

/**
 * Wraps all keys of subjects with the newest master key. Nothing that was stored with them changes, and it can be done while
 * everything runs: processes whose `masterKey` knows both master keys read the whole time. Afterwards the older master key
 * is not needed any more; once it is destroyed, no backup that was made before opens anything.
 *
 * Safe to repeat: a run that was broken off is continued by the next one.
 *
 * Fails with `StoreFailed`: with reason `MasterKeyWrong` or `MasterKeyUnavailable` a key could not be unwrapped or wrapped;
 * those before it are done.
 *
 * @param onProgress - called with how many keys are done so far.
 *
 * @example
 * await rotateMasterKey(backend, masterKey)()
 */
export const rotateMasterKey =
  (
    { subjectKeys }: { readonly subjectKeys: SubjectKeys },
    masterKey: MasterKey,
    onProgress: (done: number) => void = () => undefined,
  ): TaskEither<StoreFailed, Rotated> =>
  async () => {
    let after = ''
    let keys = 0
    for (;;) {
      const range = { after, limit: PAGE, notWrappedBy: masterKey.id }
      const page = await subjectKeys.page(range)()
      if (E.isLeft(page)) return page
      for (const before of page.right) {
        const key = await unwrapped(masterKey, before)
        if (E.isLeft(key)) return key
        const wrapped = await wrappedWith(masterKey, before.subject, key.right)
        if (E.isLeft(wrapped)) return wrapped
        const stored = await subjectKeys.rewrap(before, wrapped.right)()
        if (E.isLeft(stored)) return stored
        keys += 1
        after = before.subject
      }
      if (page.right.length === 0) return E.right({ keys })
      onProgress(keys)
    }
  }
