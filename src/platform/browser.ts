/** What `node.ts` gives, for browsers and workers. Its comments hold here, too. */
import { sha256 as digestOf } from '@noble/hashes/sha2'

const { performance: clock, setTimeout: start, clearTimeout: stop } = globalThis

export const performance = { now: (): number => clock.now() }

/** A timer as node has it, as far as the library uses it. */
interface Timer {
  /** Starts it again from now. */
  readonly refresh: () => Timer
  /** Does nothing: a page lives as long as it is open. */
  readonly unref: () => Timer
  readonly clear: () => void
}

export const setTimeout = (work: () => void, milliseconds?: number): Timer => {
  let running = start(work, milliseconds)
  const timer: Timer = {
    refresh: () => {
      stop(running)
      running = start(work, milliseconds)
      return timer
    },
    unref: () => timer,
    clear: () => {
      stop(running)
    },
  }
  return timer
}

export const clearTimeout = (timer?: Timer): void => timer?.clear()

type Task = () => void

// `setTimeout` waits for 4 milliseconds once it is nested; a message comes at once, after what else is due.
const channel = new MessageChannel()
const tasks: Task[] = []
Object.assign(channel.port1, {
  onmessage: () => {
    tasks.shift()?.()
  },
})

export const setImmediate = <Args extends ReadonlyArray<unknown>>(
  work: (...args: Args) => void,
  ...args: Args
): void => {
  tasks.push(() => {
    work(...args)
  })
  channel.port2.postMessage(undefined)
}

export const sleep = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => {
    start(resolve, milliseconds)
  })

const toBinary = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')

const base64Url = (bytes: Uint8Array): string =>
  btoa(toBinary(bytes)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')

export const readRange = (path: string): Promise<Uint8Array> =>
  Promise.reject(new Error(`a browser has no files: ${path}`))

export const sha256 = (text: string | Uint8Array, encoding: 'hex' | 'base64url'): string => {
  const digest = digestOf(typeof text === 'string' ? new TextEncoder().encode(text) : text)
  return encoding === 'hex'
    ? Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')
    : base64Url(digest)
}

export const toBase64Url = (text: string): string => base64Url(new TextEncoder().encode(text))

export const fromBase64Url = (characters: string): string => {
  const binary = atob(characters.replaceAll('-', '+').replaceAll('_', '/'))
  return new TextDecoder().decode(Uint8Array.from(binary, (one) => one.charCodeAt(0)))
}

const AES = 'AES-GCM'

export const aesKey = (bytes: Uint8Array) =>
  crypto.subtle.importKey('raw', new Uint8Array(bytes), AES, false, ['encrypt', 'decrypt'])

interface AesCall {
  readonly key: Awaited<ReturnType<typeof aesKey>>
  readonly nonce: Uint8Array
  readonly bytes: Uint8Array
  readonly boundTo: Uint8Array
}

const parametersOf = ({ nonce, boundTo }: AesCall) => ({
  name: AES,
  iv: new Uint8Array(nonce),
  additionalData: new Uint8Array(boundTo),
})

export const aesEncrypt = async (call: AesCall): Promise<Uint8Array> =>
  new Uint8Array(
    await crypto.subtle.encrypt(parametersOf(call), call.key, new Uint8Array(call.bytes)),
  )

export const aesDecrypt = async (call: AesCall): Promise<Uint8Array> =>
  new Uint8Array(
    await crypto.subtle.decrypt(parametersOf(call), call.key, new Uint8Array(call.bytes)),
  )
