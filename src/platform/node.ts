/**
 * What the library needs of the machine beside the globals that every JavaScript engine of today has. A bundler for
 * browsers takes `browser.ts` instead, by the `browser` field of package.json: the same names.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createSecretKey,
  type KeyObject,
} from 'node:crypto'
import * as files from 'node:fs/promises'
import * as hooks from 'node:perf_hooks'
import * as timers from 'node:timers'
import * as promises from 'node:timers/promises'

// Taken when this module is loaded, and not from the global object: a test that installs fake timers, before or
// afterwards, must not stop commands that wait for their turn, appends, subscriptions, leases, or a back-off.

export const { performance } = hooks
export const { setImmediate, setTimeout, clearTimeout } = timers

/** Waits for so many milliseconds. */
export const sleep = (milliseconds: number): Promise<void> => wait(milliseconds)

const { setTimeout: wait } = promises

/** Some bytes of a file: all of them, or it rejects. */
export const readRange = async (
  path: string,
  start: number,
  length: number,
): Promise<Uint8Array> => {
  const file = await files.open(path, 'r')
  try {
    const { size } = await file.stat()
    if (start + length > size)
      return await Promise.reject(new Error(`${path} ends at byte ${size}`))
    const bytes = Buffer.alloc(length)
    let done = 0
    while (done < length) {
      const { bytesRead } = await file.read(bytes, done, length - done, start + done)
      if (bytesRead === 0) break // cut off in between: the checksum shows it
      done += bytesRead
    }
    return bytes.subarray(0, done)
  } finally {
    await file.close()
  }
}

/** The SHA-256 of bytes, or of a text in its UTF-8. */
export const sha256 = (text: string | Uint8Array, encoding: 'hex' | 'base64url'): string =>
  createHash('sha256').update(text).digest(encoding)

/** The UTF-8 of a text, in characters that a URL can hold. */
export const toBase64Url = (text: string): string => Buffer.from(text).toString('base64url')

/** The text that {@link toBase64Url} was given; something else, or an exception, for what it did not give. */
export const fromBase64Url = (characters: string): string =>
  Buffer.from(characters, 'base64url').toString()

const CIPHER = 'aes-256-gcm'
const TAG_BYTES = 16

/** A key of AES that can be used, and is not shown by accident. */
export type AesKey = KeyObject

/** What a browser gives later. */
type Soon<Value> = Value | Promise<Value>

/** A key of 32 bytes. */
export const aesKey = (bytes: Uint8Array): Soon<AesKey> => createSecretKey(bytes)

/** What is encrypted, or to be: with which key, which nonce of 12 bytes, and what it is bound to. */
export interface AesCall {
  readonly key: AesKey
  readonly nonce: Uint8Array
  readonly bytes: Uint8Array
  readonly boundTo: Uint8Array
}

/** AES-256-GCM: the encrypted bytes, and after them their tag. */
export const aesEncrypt = ({ key, nonce, bytes, boundTo }: AesCall): Soon<Uint8Array> => {
  const cipher = createCipheriv(CIPHER, key, nonce).setAAD(boundTo)
  return Buffer.concat([cipher.update(bytes), cipher.final(), cipher.getAuthTag()])
}

/** The bytes that {@link aesEncrypt} was given. Throws, or rejects, for what it has not made. */
export const aesDecrypt = ({ key, nonce, bytes, boundTo }: AesCall): Soon<Uint8Array> => {
  const end = bytes.length - TAG_BYTES
  const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES })
    .setAAD(boundTo)
    .setAuthTag(bytes.subarray(end))
  return Buffer.concat([decipher.update(bytes.subarray(0, end)), decipher.final()])
}
