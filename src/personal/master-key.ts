import { type AesKey, decrypt, encrypt, importKey, KEY_BYTES } from './cipher'

/**
 * What wraps the keys of subjects. The library never sees the master key itself, so that it may be in a key management
 * service: see {@link masterKeyFrom} for one that is at hand.
 */
export interface MasterKey {
  /** Of the newest master key: it is stored beside every key that it wraps. 1 to 255 characters. */
  readonly id: string
  /** Wraps a key of 32 bytes with the newest master key. May reject: `StoreFailed` with reason `MasterKeyUnavailable`. */
  readonly wrap: (key: Uint8Array) => Promise<Uint8Array>
  /**
   * The other way round, with the master key of this id: the newest one, or an older one. `undefined`: that is not what has
   * wrapped it (`StoreFailed` with reason `MasterKeyWrong`). May reject: `MasterKeyUnavailable`.
   */
  readonly unwrap: (wrapped: Uint8Array, id: string) => Promise<Uint8Array | undefined>
}

/** The master key with an id: 32 bytes. `undefined`: there is none. May reject or throw. */
export type MasterKeySource = (
  id: string,
) => Uint8Array | undefined | Promise<Uint8Array | undefined>

const BOUND = 'reprise subject key'

/**
 * A master key whose bytes the application has: from its environment, a file, or a vault. Wraps with AES-256-GCM.
 *
 * Fails with nothing: what `keyOf` throws, and a key that has not 32 bytes, is an error of what needs the key
 * (`MasterKeyUnavailable`, `MasterKeyWrong`).
 *
 * @param id - of the newest one. After a rotation `keyOf` is asked for older ones, too, until `rotateMasterKey` has ended.
 *
 * @example
 * const masterKey = masterKeyFrom('2026', (id) => Buffer.from(process.env[`MASTER_KEY_${id}`] ?? '', 'base64'))
 */
export const masterKeyFrom = (id: string, keyOf: MasterKeySource): MasterKey => {
  const imported = async (of: string): Promise<AesKey | undefined> => {
    const bytes = await keyOf(of)
    return bytes?.length === KEY_BYTES ? importKey(bytes) : undefined
  }
  return {
    id,
    wrap: async (key) => {
      const master = await imported(id)
      if (master === undefined) {
        return Promise.reject(new Error(`the master key ${id} has not ${KEY_BYTES} bytes`))
      }
      return encrypt(master, key, BOUND)
    },
    unwrap: async (wrapped, of) => {
      const master = await imported(of)
      return master === undefined ? undefined : decrypt(master, wrapped, BOUND)
    },
  }
}
