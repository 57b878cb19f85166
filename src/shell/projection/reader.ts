import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import type { TaskEither } from 'fp-ts/TaskEither'
import * as TE from 'fp-ts/TaskEither'
import type { StoreFailed } from '../../core/errors/store'
import { undecodableDocument, type UndecodableDocument } from '../../core/errors/projection'
import type { WaitError } from '../../core/errors/subscription'
import type { Issue } from '../../core/issue'
import type { Backend } from '../../core/ports/backend'
import type { Document, DocumentRange } from '../../core/ports/projection-store'
import type { Projection } from '../../core/projection'
import type { Position, StreamId } from '../../core/stream'
import { type Look, lookAt, waitFor } from '../subscription/until-projected'

/** A document, decoded. */
export interface Entry<State> {
  readonly key: string
  readonly state: State
}

/** Some documents, decoded, by the code points of their keys. */
export interface EntryPage<State> {
  readonly entries: ReadonlyArray<Entry<State>>
  readonly more: boolean
}

/** What readers do with a projection. */
export interface ProjectionReader<State> {
  /** `undefined`: there is none. */
  readonly get: (key: string) => TaskEither<StoreFailed | UndecodableDocument, State | undefined>
  readonly all: (
    range: DocumentRange,
  ) => TaskEither<StoreFailed | UndecodableDocument, EntryPage<State>>
  /**
   * Waits until the build that readers see is done with everything up to `position`: also before there is
   * a first one, and while another one takes over.
   *
   * @param timeout - in milliseconds.
   * @param streamId - of the event that is waited for: see `untilProjected`.
   *
   * Fails with the errors of `untilProjected`: at once when nobody will get there, with `NotProjectedYet` when
   * the time is over.
   */
  readonly until: (
    position: Position,
    timeout: number,
    streamId?: StreamId,
  ) => TaskEither<WaitError, Position>
}

/**
 * Reads a projection, whichever build is the active one. Inline ones too, but for `until`.
 *
 * @example
 * const balance = await readProjection(balances)(backend).get('A1')()
 */
export const readProjection =
  <State, Event>({ name, state }: Pick<Projection<State, Event>, 'name' | 'state'>) =>
  <Transaction>({
    documents,
    subscriptions,
  }: Pick<Backend<Transaction>, 'documents' | 'subscriptions'>): ProjectionReader<State> => {
    const decode = ({ key, value }: Document): E.Either<UndecodableDocument, Entry<State>> =>
      pipe(
        state.decode(value),
        E.mapLeft((issues: ReadonlyArray<Issue>) => undecodableDocument(name, key, issues)),
        E.map((decoded) => ({ key, state: decoded })),
      )
    // Readers may go over to another build while they wait.
    const look =
      (position: Position, streamId?: StreamId): TaskEither<StoreFailed, Look> =>
      async () => {
        const active = await documents.active(name)()
        if (E.isLeft(active)) return active
        if (active.right === undefined) return E.right({ subscription: name, arrival: undefined })
        return lookAt(subscriptions, active.right.collection, position, streamId)()
      }
    return {
      get: (key) =>
        pipe(
          documents.get(name, key),
          TE.flatMapEither((document): E.Either<UndecodableDocument, State | undefined> =>
            document === undefined
              ? E.right(undefined)
              : E.map((entry: Entry<State>) => entry.state)(decode(document)),
          ),
        ),
      all: (range) =>
        pipe(
          documents.all(name, range),
          TE.flatMapEither(({ documents: found, more }) => {
            const entries: Entry<State>[] = []
            for (const document of found) {
              const entry = decode(document)
              if (E.isLeft(entry)) return entry
              entries.push(entry.right)
            }
            return E.right({ entries, more })
          }),
        ),
      until: (position, timeout, streamId) => () =>
        waitFor(look(position, streamId), position, timeout),
    }
  }
