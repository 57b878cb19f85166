import { aesDecrypt, aesEncrypt, type AesKey, aesKey } from '../platform/node'

export type { AesKey } from '../platform/node'

// AES-256-GCM, with a nonce of its own, drawn at random, for each text.

const NONCE = 12

/** How many bytes a key has. */
export const KEY_BYTES = 32

/** `size` bytes at random. */
export const randomBytes = (size: number): Uint8Array =>
  globalThis.crypto.getRandomValues(new Uint8Array(size))

/** A key of 32 bytes, in a form that is not shown by accident. */
export const importKey = async (bytes: Uint8Array): Promise<AesKey> => aesKey(bytes)

const encoder = new TextEncoder()

/** The nonce, the encrypted bytes and their tag. `boundTo`: they can be opened only with the same. */
export const encrypt = async (
  key: AesKey,
  plain: Uint8Array,
  boundTo: string,
): Promise<Uint8Array> => {
  const nonce = randomBytes(NONCE)
  const call = { key, nonce, bytes: plain, boundTo: encoder.encode(boundTo) }
  const encrypted = await aesEncrypt(call)
  const sealed = new Uint8Array(NONCE + encrypted.length)
  sealed.set(nonce)
  sealed.set(encrypted, NONCE)
  return sealed
}

/** What {@link encrypt} was given; `undefined`: it was another key, bound to something else, or was changed. */
export const decrypt = async (
  key: AesKey,
  sealed: Uint8Array,
  boundTo: string,
): Promise<Uint8Array | undefined> => {
  const [nonce, bytes] = [sealed.subarray(0, NONCE), sealed.subarray(NONCE)]
  try {
    return await aesDecrypt({ key, nonce, bytes, boundTo: encoder.encode(boundTo) })
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
