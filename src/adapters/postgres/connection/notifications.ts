import { clearTimeout, performance, setTimeout } from '../../../platform/node'
import type { ListeningConnection, OpenListening } from './listening'

const FIRST_BACKOFF = 100
const MAX_BACKOFF = 10_000
const MAX_CLOSING = 1_000

const ignore = (): void => undefined

/** Waits without keeping the process alive. Ends early, and never fails, when `signal` is aborted. */
export const pauseFor = (milliseconds: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal?.aborted === true) {
      resolve()
      return
    }
    const end = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, milliseconds).unref()
    signal?.addEventListener('abort', end)
  })

/** Listeners by channel, all of them on one connection. */
export interface Notifications {
  /**
   * Calls `wake` at every notification until the answered function is called. The first listener opens the connection,
   * and the last one ends it.
   */
  readonly listen: (channel: string, wake: () => void) => () => void
  /** Calls the listeners of this process. */
  readonly wake: (channel: string) => void
  /** Whether notifications of other processes arrive on this channel. */
  readonly isListening: (channel: string) => boolean
  /** Waits until connections without a listener have ended, but not for longer than a second or so. */
  readonly ended: () => Promise<void>
}

/** A connection that is kept while there are listeners. */
interface Kept {
  readonly add: (channel: string) => void
  readonly remove: (channel: string) => void
  readonly isListening: (channel: string) => boolean
  readonly end: () => Promise<void>
}

/** Keeps a connection that listens to all of `channels`, and opens another one when it breaks. */
const keepListening = (
  open: OpenListening,
  channels: ReadonlyMap<string, unknown>,
  wake: (channel: string) => void,
): Kept => {
  const controller = new AbortController()
  const { signal } = controller
  const stopped = new Promise<undefined>((resolve) => {
    signal.addEventListener('abort', () => resolve(undefined))
  })
  let current: { readonly connection: ListeningConnection; readonly lose: () => void } | undefined
  /** What the server has confirmed on the connection that there is. */
  const confirmed = new Set<string>()

  /** One connection, from its opening to its end. */
  const connectOnce = async (): Promise<void> => {
    let lose: () => void = ignore
    const lost = new Promise<void>((resolve) => {
      lose = resolve
    })
    const opening = open({ onNotification: wake, onLost: lose })
    const connection = await Promise.race([opening.catch(ignore), stopped])
    if (connection === undefined) {
      opening.then((late) => late.close()).catch(ignore)
      return
    }
    const listening = async (): Promise<void> => {
      // Channels that come meanwhile are listened to as well.
      for (const channel of channels.keys()) {
        await connection.listen(channel)
        confirmed.add(channel)
      }
      current = { connection, lose }
      // What came before made no sound here: look once.
      for (const channel of channels.keys()) wake(channel)
      await lost
    }
    await Promise.race([listening().catch(ignore), lost, stopped])
    current = undefined
    confirmed.clear()
    await Promise.race([connection.close().catch(ignore), pauseFor(MAX_CLOSING)])
  }

  const run = async (): Promise<void> => {
    let backoff = FIRST_BACKOFF
    while (!signal.aborted) {
      const since = performance.now()
      await connectOnce()
      if (performance.now() - since > MAX_BACKOFF) backoff = FIRST_BACKOFF
      await pauseFor(backoff, signal)
      backoff = Math.min(backoff * 2, MAX_BACKOFF)
    }
  }
  const ended = run()

  return {
    add: (channel) => {
      const now = current
      now?.connection.listen(channel).then(() => {
        if (current === now && channels.has(channel)) confirmed.add(channel)
        wake(channel)
      }, now.lose)
    },
    remove: (channel) => {
      confirmed.delete(channel)
      current?.connection.unlisten(channel).catch(current.lose)
    },
    isListening: (channel) => confirmed.has(channel),
    end: () => {
      controller.abort()
      return ended
    },
  }
}

/**
 * Notifications over one connection, which is there while there is a listener.
 *
 * @param open - left out: only wake-ups of this process arrive.
 */
export const notificationsOver = (open: OpenListening | undefined): Notifications => {
  const channels = new Map<string, Set<() => void>>()
  const ending = new Set<Promise<void>>()
  let kept: Kept | undefined

  const wake = (channel: string): void => {
    const listeners = channels.get(channel)
    if (listeners !== undefined) for (const listener of listeners) listener()
  }

  const remove = (channel: string): void => {
    channels.delete(channel)
    if (channels.size > 0) {
      kept?.remove(channel)
      return
    }
    const end = kept?.end()
    kept = undefined
    if (end === undefined) return
    ending.add(end)
    void end.then(() => ending.delete(end))
  }

  return {
    wake,
    isListening: (channel) => kept?.isListening(channel) ?? false,
    listen: (channel, callback) => {
      const listener = (): void => callback() // one function may listen twice
      const before = channels.get(channel)
      if (before === undefined) {
        channels.set(channel, new Set([listener]))
        if (kept === undefined) kept = open && keepListening(open, channels, wake)
        else kept.add(channel)
      } else before.add(listener)
      return () => {
        const listeners = channels.get(channel)
        if (listeners?.delete(listener) === true && listeners.size === 0) remove(channel)
      }
    },
    ended: async () => {
      await Promise.all(ending)
    },
  }
}
