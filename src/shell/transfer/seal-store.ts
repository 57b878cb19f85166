import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import type { StoreFailed } from '../../core/errors/store'
import type { HashChains } from '../../core/ports/hash-chains'
import type { Transfer } from '../../core/ports/transfer'
import type { Position, StreamId } from '../../core/stream'
import { type ChainHead, linkText } from '../../core/transfer/chain'
import { sha256 } from '../../platform/node'

/** How a store is sealed. Every key is optional. */
export interface SealOptions {
  /** Called after each page. */
  readonly onProgress?: (reached: Position, target: Position) => void
  /** Abort it to stop after the page at hand: another call goes on from there. */
  readonly signal?: AbortSignal
}

/**
 * Adds all events that can be read to the hash chains of their streams, and answers how far the store is sealed then. Interrupted, and
 * called again, it goes on.
 *
 * Fails with `StoreFailed`: the store rejected a statement or did not answer.
 */
export const sealStore =
  ({ onProgress, signal }: SealOptions) =>
  ({
    chains,
    transfer,
  }: {
    readonly chains: HashChains
    readonly transfer: Pick<Transfer, 'exportStart' | 'exportEvents'>
  }): TaskEither<StoreFailed, Position> =>
  async () => {
    const [start, reached] = [await transfer.exportStart()(), await chains.sealedTo()()]
    if (E.isLeft(start)) return start
    if (E.isLeft(reached)) return reached
    const { upTo } = start.right
    let after = reached.right
    const sealed = await transfer.exportEvents<StoreFailed | 'stopped'>(
      { after, upTo },
      (page) => async () => {
        const streams = [...new Set(page.map(({ streamId }) => streamId))]
        const known = await chains.heads(streams)()
        if (E.isLeft(known)) return known
        const heads = new Map<StreamId, ChainHead>(known.right.map((head) => [head.streamId, head]))
        for (const event of page) {
          const { streamId, version } = event
          const before = heads.get(streamId)?.hash ?? ''
          heads.set(streamId, { streamId, version, hash: sha256(linkText(before, event), 'hex') })
        }
        const last = page.at(-1)?.position ?? after
        const stored = await chains.seal({ after, upTo: last, heads: [...heads.values()] })()
        if (E.isLeft(stored)) return stored
        after = last
        onProgress?.(last, upTo)
        // Another process seals the same events: it goes on.
        return stored.right && signal?.aborted !== true ? E.right(undefined) : E.left('stopped')
      },
    )()
    if (E.isLeft(sealed) && sealed.left !== 'stopped') return E.left(sealed.left)
    return E.isLeft(sealed) ? chains.sealedTo()() : E.right(after)
  }
