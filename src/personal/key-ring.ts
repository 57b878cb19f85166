import * as E from 'fp-ts/Either'
import { LRUCache } from 'lru-cache'
import { type StoreFailed, storeFailed } from '../core/errors/store'
import type {
  BackendSubjectKeys,
  StoredSubjectKey,
  SubjectKeys,
  WrappedSubjectKey,
} from '../core/ports/subject-keys'
import { timeSetting } from '../core/setting'
import { type AesKey, fromBase64, importKey, KEY_BYTES, randomBytes, toBase64 } from './cipher'
import type { MasterKey } from './master-key'

/** How a backend keeps personal data. */
export interface PersonalDataOptions {
  /** Wraps the keys of subjects: see {@link masterKeyFrom}. */
  readonly masterKey: MasterKey
  /**
   * For how long a key, and a state that a category has cached, stay in the memory of a process at most, in milliseconds. Until
   * then a process that does not hear of it may still show what was forgotten. 0 to 3,600,000. Default 60,000.
   */
  readonly cacheFor?: number
}

const DEFAULT_CACHE = 60_000
const LONGEST_CACHE = 3_600_000
const MOST_KEYS = 10_000

/** The key of a subject, or that there is none any more. */
export type SubjectKey = AesKey | 'forgotten'

export type KeysBySubject = ReadonlyMap<string, SubjectKey>

/** The keys of subjects, unwrapped. */
export interface KeyRing<Transaction> extends OpenKeys {
  readonly inTransaction: (transaction: Transaction) => OpenKeys
  /** The same on keys that are stored elsewhere. What they answer is not kept. */
  readonly on: (keys: SubjectKeys) => OpenKeys
  /** Keeps nothing of what it has: something was forgotten. */
  readonly drop: () => void
  /** How often {@link drop} was called. */
  readonly epoch: () => number
  /** Milliseconds. */
  readonly maxAge: number
}

/** Keys to open, and to seal with. */
export interface OpenKeys {
  /** The keys of these subjects, those left out for which none was ever stored. */
  readonly find: (subjects: Iterable<string>) => Promise<E.Either<StoreFailed, KeysBySubject>>
  /** The keys of these subjects: new ones for those that have none. */
  readonly findOrAdd: (subjects: Iterable<string>) => Promise<E.Either<StoreFailed, KeysBySubject>>
}

const unavailable = (cause: unknown): StoreFailed =>
  storeFailed('MasterKeyUnavailable', 'nothingWritten', cause, 'the master key cannot be used')

const wrong = (subject: string, id: string): StoreFailed => {
  const text = `the key of ${subject} was wrapped by the master key ${id}, which does not open it`
  return storeFailed('MasterKeyWrong', 'nothingWritten', undefined, text)
}

/** The key of a subject as bytes, or why it cannot be had. */
export const unwrapped = async (
  { unwrap }: MasterKey,
  { subject, masterKey, wrapped }: WrappedSubjectKey,
): Promise<E.Either<StoreFailed, Uint8Array>> => {
  try {
    const bytes = fromBase64(wrapped)
    const key = bytes && (await unwrap(bytes, masterKey))
    return key?.length === KEY_BYTES ? E.right(key) : E.left(wrong(subject, masterKey))
  } catch (cause) {
    return E.left(unavailable(cause))
  }
}

/**
 * A key as it is stored, or why it cannot be wrapped. It is unwrapped before it is answered: what a master key wraps wrongly
 * must not take the place of a key that opens something.
 */
export const wrappedWith = async (
  masterKey: MasterKey,
  subject: string,
  key: Uint8Array,
): Promise<E.Either<StoreFailed, WrappedSubjectKey>> => {
  try {
    const { id, wrap } = masterKey
    const wrapped = { subject, masterKey: id, wrapped: toBase64(await wrap(key)) }
    const again = await unwrapped(masterKey, wrapped)
    if (E.isLeft(again)) return again
    const isSame = again.right.every((byte, index) => byte === key[index])
    return isSame ? E.right(wrapped) : E.left(wrong(subject, id))
  } catch (cause) {
    return E.left(unavailable(cause))
  }
}

const isWrapped = (key: StoredSubjectKey): key is WrappedSubjectKey => key.wrapped !== undefined

const opened = async (
  masterKey: MasterKey,
  stored: StoredSubjectKey,
): Promise<E.Either<StoreFailed, SubjectKey>> => {
  if (!isWrapped(stored)) return E.right('forgotten')
  const bytes = await unwrapped(masterKey, stored)
  return E.isLeft(bytes) ? bytes : E.right(await importKey(bytes.right))
}

/** What is kept in memory, and how. */
interface Kept {
  readonly get: (subject: string) => SubjectKey | undefined
  readonly set: (subject: string, key: SubjectKey) => void
}

const openKeys = (masterKey: MasterKey, keys: SubjectKeys, kept: () => Kept): OpenKeys => {
  /** Puts what was found into `known`. */
  const take = async (
    stored: ReadonlyArray<StoredSubjectKey>,
    known: Map<string, SubjectKey>,
    { set }: Kept,
  ): Promise<StoreFailed | undefined> => {
    const all = await Promise.all(stored.map((one) => opened(masterKey, one)))
    for (const [index, key] of all.entries()) {
      if (E.isLeft(key)) return key.left
      const subject = stored[index]?.subject ?? ''
      set(subject, key.right)
      known.set(subject, key.right)
    }
    return undefined
  }

  const find = async (
    subjects: Iterable<string>,
    known: Map<string, SubjectKey>,
    memory: Kept,
  ): Promise<E.Either<StoreFailed, ReadonlyArray<string>>> => {
    const wanted: string[] = []
    for (const subject of new Set(subjects)) {
      const key = memory.get(subject)
      if (key === undefined) wanted.push(subject)
      else known.set(subject, key)
    }
    if (wanted.length === 0) return E.right([])
    const stored = await keys.find(wanted)()
    if (E.isLeft(stored)) return stored
    const failed = await take(stored.right, known, memory)
    return failed === undefined
      ? E.right(wanted.filter((subject) => !known.has(subject)))
      : E.left(failed)
  }

  return {
    find: async (subjects) => {
      const known = new Map<string, SubjectKey>()
      const missing = await find(subjects, known, kept())
      return E.isLeft(missing) ? missing : E.right(known)
    },
    findOrAdd: async (subjects) => {
      const known = new Map<string, SubjectKey>()
      const memory = kept()
      const missing = await find(subjects, known, memory)
      if (E.isLeft(missing)) return missing
      if (missing.right.length === 0) return E.right(known)
      const made: WrappedSubjectKey[] = []
      // In one order, so that no two transactions wait for each other's.
      for (const subject of [...missing.right].sort()) {
        const key = await wrappedWith(masterKey, subject, randomBytes(KEY_BYTES))
        if (E.isLeft(key)) return key
        made.push(key.right)
      }
      const stored = await keys.add(made)()
      if (E.isLeft(stored)) return stored
      // Another writer may have been faster: what is stored counts.
      const failed = await take(stored.right, known, memory)
      return failed === undefined ? E.right(known) : E.left(failed)
    },
  }
}

/** The keys of subjects, of which it keeps some in memory, for a time. */
export const keyRing = <Transaction>(
  keys: BackendSubjectKeys<Transaction>,
  { masterKey, cacheFor }: PersonalDataOptions,
): KeyRing<Transaction> => {
  const maxAge = Math.min(timeSetting(cacheFor, DEFAULT_CACHE, 0), LONGEST_CACHE)
  // Timers, and not a look at the clock when somebody asks: what is too old must not stay.
  const memory = new LRUCache<string, SubjectKey>({
    max: MOST_KEYS,
    ttl: Math.max(maxAge, 1),
    ttlAutopurge: true,
  })
  let epoch = 0
  const kept = (): Kept => {
    const began = epoch
    return {
      get: (subject) => memory.get(subject),
      // What was read before something was forgotten is not kept after it.
      set: (subject, key) => {
        if (began === epoch && maxAge > 0) memory.set(subject, key)
      },
    }
  }
  // What a transaction sees may be rolled back.
  const inTransaction = (): Kept => ({
    get: (subject) => memory.get(subject),
    set: () => undefined,
  })
  const on = (others: SubjectKeys): OpenKeys => openKeys(masterKey, others, inTransaction)
  return {
    ...openKeys(masterKey, keys, kept),
    on,
    inTransaction: (transaction) => on(keys.inTransaction(transaction)),
    drop: () => {
      epoch += 1
      memory.clear()
    },
    epoch: () => epoch,
    maxAge,
  }
}
