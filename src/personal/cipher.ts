/** AES-256-GCM by Web Cryptography, which Node and browsers have: with a nonce of its own, drawn at random, for each text. */

const NONCE = 12
const ALGORITHM = 'AES-GCM'

const { subtle } = globalThis.crypto

type Bytes = Uint8Array<ArrayBuffer>

/** A key of AES that can be used, and not read. */
export type AesKey = Awaited<ReturnType<typeof subtle.importKey>>

/** How many bytes a key has. */
export const KEY_BYTES = 32

/** `size` bytes at random. */
export const randomBytes = (size: number): Bytes =>
  globalThis.crypto.getRandomValues(new Uint8Array(size))

/** A key of 32 bytes, in a form that cannot be read out of the process by accident. */
export const importKey = (bytes: Uint8Array): Promise<AesKey> =>
  subtle.importKey('raw', new Uint8Array(bytes), ALGORITHM, false, ['encrypt', 'decrypt'])

const bind = (text: string): Bytes => new Uint8Array(new TextEncoder().encode(text))

/** The nonce, the encrypted bytes and their tag. `boundTo`: they can be opened only with the same. */
export const encrypt = async (
  key: AesKey,
  plain: Uint8Array,
  boundTo: string,
): Promise<Uint8Array> => {
  const iv = randomBytes(NONCE)
  const parameters = { name: ALGORITHM, iv, additionalData: bind(boundTo) }
  const encrypted = new Uint8Array(await subtle.encrypt(parameters, key, new Uint8Array(plain)))
  const sealed = new Uint8Array(NONCE + encrypted.length)
  sealed.set(iv)
  sealed.set(encrypted, NONCE)
  return sealed
}

/** What {@link encrypt} was given; `undefined`: it was another key, bound to something else, or was changed. */
export const decrypt = async (
  key: AesKey,
  sealed: Uint8Array,
  boundTo: string,
): Promise<Uint8Array | undefined> => {
  const iv = new Uint8Array(sealed.subarray(0, NONCE))
  const parameters = { name: ALGORITHM, iv, additionalData: bind(boundTo) }
  try {
    const rest = new Uint8Array(sealed.subarray(NONCE))
    return new Uint8Array(await subtle.decrypt(parameters, key, rest))
  } catch {
    return undefined
  }
}

/** How many arguments a call may have, without fear. */
const PART = 8_192

/** Bytes as base64. */
export const toBase64 = (bytes: Uint8Array): string => {
  let characters = ''
  for (let at = 0; at < bytes.length; at += PART) {
    characters += String.fromCharCode(...bytes.subarray(at, at + PART))
  }
  return btoa(characters)
}

/** The bytes of {@link toBase64}; `undefined`: it is none. */
export const fromBase64 = (text: string): Uint8Array | undefined => {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
  } catch {
    return undefined
  }
}
