import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import type { Category } from '../../core/category'
import type { StoreFailed } from '../../core/errors/store'
import type { ExportedEvent } from '../../core/ports/transfer'
import type { HashChains } from '../../core/ports/hash-chains'
import type { Verifier } from '../../core/ports/verifier'
import { categoryOf } from '../../core/stream'
import { linkText } from '../../core/transfer/chain'
import { type StoreDefect, type StoreRule, walkOn, WALK_START } from '../../core/transfer/verify'
import { catching } from '../catching'
import { sha256 } from '../../platform/node'
import { decodeRecorded } from '../state/replay'

/** A category whose events are decoded. */
type Readable = Pick<Category<never, unknown, unknown, unknown>, 'name' | 'events' | 'tags'>

/** How a store is verified. Every key is optional. */
export interface VerifyOptions {
  /** The events of these are decoded, and compared with the tags that they give. Omitted: none. */
  readonly categories?: ReadonlyArray<Readable>
  /** The categories whose tags are complete. Omitted: none. */
  readonly completeTags?: ReadonlyArray<string>
  /** Called after each page. */
  readonly onProgress?: (events: number, size: number) => void
  /** Abort it to stop after the page at hand. */
  readonly signal?: AbortSignal
}

/** What was found. */
export interface Verified {
  /** How many events were looked at. */
  readonly events: number
  /** The first ones of each rule, at most 20. */
  readonly defects: ReadonlyArray<StoreDefect>
  /** How many defects of each rule were seen; of what is compared across tables 20 are counted at most. */
  readonly counts: ReadonlyMap<StoreRule, number>
  /** Whether it was stopped before its end. */
  readonly isInterrupted: boolean
}

const MOST = 20

const decodingDefects = (
  category: Readable,
  event: ExportedEvent,
  isTagged: boolean,
): ReadonlyArray<StoreDefect> => {
  const { streamId, version } = event
  const place = `${streamId}:${version}`
  const decoded = decodeRecorded(category, event)
  if (E.isLeft(decoded)) return [{ rule: 'Codec', place, message: decoded.left.message }]
  const { tags } = category
  if (tags === undefined || !isTagged) return []
  const given = catching(() => tags(decoded.right.event, streamId.slice(category.name.length + 1)))
  if (E.isLeft(given)) return [{ rule: 'Tags', place, message: '`tags` of its category threw' }]
  const missing = given.right.filter((tag) => !event.tags.includes(tag))
  return missing.length === 0
    ? []
    : [{ rule: 'Tags', place, message: `it lacks the tag ${missing.join(', ')}` }]
}

/** Compares the walked events with the heads of their chains. `undefined`: it does not look. */
const comparing = (chains: HashChains | undefined) => {
  let [streamId, hash] = ['', '']
  return async (
    page: ReadonlyArray<ExportedEvent>,
  ): Promise<E.Either<StoreFailed, ReadonlyArray<StoreDefect>>> => {
    if (chains === undefined) return E.right([])
    const known = await chains.heads([...new Set(page.map((event) => event.streamId))])()
    if (E.isLeft(known)) return known
    if (known.right.length === 0) return E.right([]) // not sealed
    const heads = new Map(known.right.map((head) => [head.streamId, head]))
    const defects: StoreDefect[] = []
    for (const event of page) {
      if (event.streamId !== streamId) [streamId, hash] = [event.streamId, '']
      const head = heads.get(streamId)
      if (head === undefined || event.version > head.version) continue
      hash = sha256(linkText(hash, event), 'hex')
      if (event.version < head.version || hash === head.hash) continue
      const place = `${streamId}:${event.version}`
      const message = 'it, or an event before it, is not what was sealed'
      defects.push({ rule: 'Chain', place, message })
    }
    return E.right(defects)
  }
}

/** Keeps the first defects of each rule, and counts all. */
const collecting = () => {
  const defects: StoreDefect[] = []
  const counts = new Map<StoreRule, number>()
  const add = (found: ReadonlyArray<StoreDefect>): void => {
    for (const defect of found) {
      const before = counts.get(defect.rule) ?? 0
      counts.set(defect.rule, before + 1)
      if (before < MOST) defects.push(defect)
    }
  }
  return { defects, counts, add }
}

/**
 * Looks at everything that a store holds, and answers what does not fit together. Nothing is changed.
 *
 * Fails with `StoreFailed`: the store rejected the query or did not answer.
 */
export const verifyStore =
  ({ categories = [], completeTags = [], onProgress, signal }: VerifyOptions) =>
  ({
    verifier,
    chains,
  }: {
    readonly verifier: Verifier
    readonly chains?: HashChains
  }): TaskEither<StoreFailed, Verified> =>
  async () => {
    const size = await verifier.size()()
    if (E.isLeft(size)) return size
    const byName = new Map(categories.map((category) => [category.name, category]))
    const { defects, counts, add } = collecting()
    let state = WALK_START
    let events = 0
    const compare = comparing(chains)
    const walked = await verifier.walk<StoreFailed | 'stopped'>((page) => async () => {
      const compared = await compare(page)
      if (E.isLeft(compared)) return compared
      add(compared.right)
      for (const event of page) {
        const { after, defects: found } = walkOn(state, event)
        state = after
        if (found.length > 0) add(found)
        const name = categoryOf(event.streamId)
        const category = byName.get(name)
        if (category === undefined) continue
        add(decodingDefects(category, event, completeTags.includes(name)))
      }
      events += page.length
      onProgress?.(events, Math.max(size.right, events))
      return signal?.aborted === true ? E.left('stopped' as const) : E.right(undefined)
    })()
    const isInterrupted = E.isLeft(walked) && walked.left === 'stopped'
    if (E.isLeft(walked) && walked.left !== 'stopped') return E.left(walked.left)
    if (!isInterrupted) {
      const crossed = await verifier.crossCheck(MOST)()
      if (E.isLeft(crossed)) return crossed
      add(crossed.right)
      onProgress?.(events, events)
    }
    return E.right({ events, defects, counts, isInterrupted })
  }
