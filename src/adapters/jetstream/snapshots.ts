import * as E from 'fp-ts/Either'
import { canonicalJson } from '../../core/canonical-json'
import { bytesOf } from '../../core/code-points'
import { storableCopies } from '../../core/document-key'
import { storeFailed, type StoreFailed } from '../../core/errors/store'
import type { StreamStore, StoredSnapshot } from '../../core/ports/event-store'
import { type StreamId, streamIdError } from '../../core/stream'
import { decodeSnapshot, encodeSnapshot, type SnapshotRecord } from './commit'
import type { Heads } from './heads'
import { type Deadline, deadlineOf, type Link } from './link'
import { fromLeader } from './messages'
import { publishExactly } from './publish'

interface Found {
  /** Of its message; 0: there is none. */
  readonly sequence: number
  readonly snapshot: SnapshotRecord | undefined
}

const lastSnapshot = async (
  link: Link,
  streamId: StreamId,
  schemaVersion: number,
  deadline: Deadline,
): Promise<E.Either<StoreFailed, Found>> => {
  const subject = link.subjects.snapshot(streamId, schemaVersion)
  const wanted = { last_by_subj: subject }
  const found = await fromLeader(link, link.subjects.stateStream, wanted, deadline)
  if (E.isLeft(found)) return found
  const message = found.right
  return E.right({
    sequence: message?.sequence ?? 0,
    snapshot: message && decodeSnapshot(message.text),
  })
}

/** The newest snapshot of a schema version, or `undefined`: there is none, or it cannot be read any more. */
export const loadSnapshot = async (
  link: Link,
  streamId: StreamId,
  schemaVersion: number,
  deadline: Deadline,
): Promise<E.Either<StoreFailed, SnapshotRecord | undefined>> =>
  E.map(({ snapshot }: Found) => snapshot)(
    await lastSnapshot(link, streamId, schemaVersion, deadline),
  )

const save = async (link: Link, record: SnapshotRecord): Promise<E.Either<StoreFailed, void>> => {
  const { streamId, schemaVersion, version } = record
  const subject = link.subjects.snapshot(streamId, schemaVersion)
  const text = encodeSnapshot(record)
  const largest = link.connection.info?.max_payload ?? Infinity
  if (bytesOf(text) > largest) {
    const cause = new Error(`the snapshot has ${bytesOf(text)} bytes; the server takes ${largest}`)
    return E.left(storeFailed('DataRefused', 'nothingWritten', cause))
  }
  const deadline = deadlineOf(link)
  for (;;) {
    const last = await lastSnapshot(link, streamId, schemaVersion, deadline)
    if (E.isLeft(last)) return last
    const { sequence, snapshot } = last.right
    if (snapshot !== undefined && snapshot.version >= version) return E.right(undefined)
    // Refused: another one was stored, perhaps this one. Both are seen when it is looked at again.
    const published = await publishExactly(
      link,
      [{ subject, text, expected: sequence }],
      () => Promise.resolve(E.right({ _tag: 'Other' })),
      deadline,
    )
    if (E.isLeft(published)) return published
    if (published.right._tag === 'Stored') return E.right(undefined)
  }
}

/** See {@link StreamStore.saveSnapshot}. It is written down with the place of its commit, if that is known. */
export const saveSnapshotIn =
  (
    link: Link,
    heads: Heads,
    ready: () => Promise<E.Either<StoreFailed, unknown>>,
  ): StreamStore['saveSnapshot'] =>
  (given: StoredSnapshot) =>
  async () => {
    const { streamId, version, schemaVersion } = given
    const error = streamIdError(streamId)
    if (error !== undefined) return E.left(error)
    const copies = storableCopies([given.state])
    if (E.isLeft(copies)) return copies
    const [copy = null] = copies.right
    const head = heads.remembered(streamId)
    const sequence = head?.version === version ? head.sequence : 0
    const record = { streamId, version, schemaVersion, sequence, state: canonicalJson(copy) }
    const usable = await ready()
    return E.isLeft(usable) ? usable : save(link, record)
  }
