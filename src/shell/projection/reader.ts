import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import type { TaskEither } from 'fp-ts/TaskEither'
import * as TE from 'fp-ts/TaskEither'
import type { StoreFailed } from '../../core/errors/store'
import {
  type DocumentError,
  type ProjectionNotBuilt,
  projectionNotBuilt,
  type ProjectionOutdated,
  projectionOutdated,
  type UndecodableDocument,
  undecodableDocument,
} from '../../core/errors/projection'
import type { WaitError } from '../../core/errors/subscription'
import type { Issue } from '../../core/issue'
import type { Backend } from '../../core/ports/backend'
import type { ReadModelDocument, DocumentRange, OfVersion } from '../../core/ports/projection-store'
import type { Projection } from '../../core/projection'
import type { Position, SourcePosition, StreamId } from '../../core/stream'
import { type Look, lookAt, placeOf, sourceFor, waitFor } from '../subscription/until-reached'
import { cursorOf, type ListOptions, listRange } from './lists'

/** A document, decoded. */
export interface ProjectionEntry<State> {
  readonly key: string
  readonly state: State
}

/** Some documents, decoded, by the code points of their keys. */
export interface ProjectionPage<State> {
  readonly entries: ReadonlyArray<ProjectionEntry<State>>
  readonly more: boolean
}

/** Some documents of a list, decoded, in its order. */
export interface ProjectionList<State> {
  readonly entries: ReadonlyArray<ProjectionEntry<State>>
  /** Where the next page begins: `after` of the next call. Omitted: this was the last page. */
  readonly next?: string
}

/** What every reader of a projection can do. */
export interface BuildReader {
  /**
   * Waits until the build that readers see is done with everything up to `position`, also before there is a
   * first one and while another one takes over.
   *
   * @param position - the number alone, or with its source as the answer to a command names it: see `untilReached`.
   * @param timeout - in milliseconds.
   * @param streamId - the stream of the awaited event: see `untilReached`.
   *
   * Fails with `ProjectionOutdated`, and with the errors of `untilReached`: at once when that position will not be
   * reached, with `NotReachedYet` when the time is over.
   */
  readonly until: (
    position: Position | SourcePosition,
    timeout: number,
    streamId?: StreamId,
  ) => TaskEither<WaitError | ProjectionOutdated, Position>
}

/** Whose builds are read. */
type Declared = Pick<Projection<never, never>, 'name' | 'version'>

/** What was found in a build of the declared version, or why there is none. */
export const buildFound = <Found>(
  { name, version }: Declared,
  answer: OfVersion<Found>,
): E.Either<ProjectionOutdated | ProjectionNotBuilt, Found> => {
  if (answer._tag === 'Found') return E.right(answer.found)
  const { active } = answer
  return active.version > version
    ? E.left(projectionOutdated(name, version, active.version))
    : E.left(projectionNotBuilt(name, version, active.version))
}

/** What projections are read from: a source, or a backend that is its own. */
export interface ProjectionSource<Transaction> extends Pick<
  Backend<Transaction>,
  'documents' | 'subscriptions'
> {
  /** Its name, if it is one of several sources. */
  readonly source?: string
}

/** Waits for the build that readers see. */
export const untilBuilt = <Transaction>(
  { name, version }: Declared,
  backend: ProjectionSource<Transaction>,
): BuildReader['until'] => {
  const { documents, subscriptions } = backend
  // Readers may switch to another build while they wait.
  const look =
    (position: Position, streamId?: StreamId): TaskEither<StoreFailed | ProjectionOutdated, Look> =>
    async () => {
      const seen = await documents.getManyOfVersion(name, version, [])()
      if (E.isLeft(seen)) return seen
      if (seen.right._tag === 'NoBuild' && seen.right.active.version > version) {
        return E.left(projectionOutdated(name, version, seen.right.active.version))
      }
      if (seen.right._tag === 'NoBuild' || seen.right.build === undefined) {
        return E.right({ subscription: name, arrival: undefined })
      }
      return lookAt(subscriptions, seen.right.build.collection, position, streamId)()
    }
  return (awaited, timeout, streamId) => () => {
    const { position, source } = placeOf(awaited)
    const found = typeof awaited === 'number' ? E.right(backend) : sourceFor(backend, source)
    return E.isLeft(found)
      ? Promise.resolve(found)
      : waitFor(look(position, streamId), position, timeout)
  }
}

/**
 * Reads a projection. Readers see the newest build of the version that they declare: the active build, or one that
 * is kept after another version has taken over.
 *
 * Each method fails with
 * - `UndecodableDocument`: a stored document does not fit the state codec. Not `until`.
 * - `ProjectionOutdated`: a later version is active, and no build of this version is kept any more.
 * - `ProjectionNotBuilt`: an earlier version is active; this one is still being built. `until` waits instead.
 * - `StoreFailed`: the store rejected the query or did not answer.
 */
export interface ProjectionReader<State> extends BuildReader {
  /** The document of `key`. `undefined`: there is none. */
  readonly get: (key: string) => TaskEither<DocumentError, State | undefined>
  /** A page of the documents, ordered by the code points of their keys. */
  readonly all: (range: DocumentRange) => TaskEither<DocumentError, ProjectionPage<State>>
  /**
   * A page of a list that the projection declares (`indexes`), sorted by its fields and then by key. Values of one type
   * stay together: nothing, false, true, numbers, texts (by code points; their first 100 characters), the rest.
   *
   * A page goes on after the last document of the one before, wherever that is now: a document that is written meanwhile
   * shifts no others, and is missed or comes twice only if its own fields move it across that place.
   *
   * Fails with `StoreFailed` (`DataRefused`) too: it declares no such index, the index does not begin with the fields of
   * `where`, or `after` belongs to another list.
   */
  readonly list: (
    index: string,
    options?: ListOptions,
  ) => TaskEither<DocumentError, ProjectionList<State>>
}

/**
 * A reader of a projection: of the newest build of the declared version. It reads inline projections too, except
 * `until`. The errors are listed at {@link ProjectionReader}.
 *
 * @example
 * const balance = await projectionReader(balances)(backend).get('A1')()
 */
export const projectionReader =
  <State, Event>({
    name,
    version,
    state,
    indexes = {},
  }: Pick<Projection<State, Event>, 'name' | 'version' | 'state' | 'indexes'>) =>
  <Transaction>(backend: ProjectionSource<Transaction>): ProjectionReader<State> => {
    const { documents } = backend
    const decode = ({
      key,
      value,
    }: ReadModelDocument): E.Either<UndecodableDocument, ProjectionEntry<State>> =>
      pipe(
        state.decode(value),
        E.mapLeft((issues: ReadonlyArray<Issue>) => undecodableDocument(name, key, issues)),
        E.map((decoded) => ({ key, state: decoded })),
      )
    const decodeAll = (
      found: ReadonlyArray<ReadModelDocument>,
    ): E.Either<UndecodableDocument, ReadonlyArray<ProjectionEntry<State>>> => {
      const entries: ProjectionEntry<State>[] = []
      for (const document of found) {
        const entry = decode(document)
        if (E.isLeft(entry)) return entry
        entries.push(entry.right)
      }
      return E.right(entries)
    }
    return {
      get: (key) =>
        pipe(
          documents.getManyOfVersion(name, version, [key]),
          TE.flatMapEither((answer): E.Either<DocumentError, State | undefined> => {
            const documentsFound = buildFound({ name, version }, answer)
            if (E.isLeft(documentsFound)) return documentsFound
            const [document] = documentsFound.right
            if (document === undefined) return E.right(undefined)
            return E.map((entry: ProjectionEntry<State>) => entry.state)(decode(document))
          }),
        ),
      all: (range) =>
        pipe(
          documents.allOfVersion(name, version, range),
          TE.flatMapEither((answer): E.Either<DocumentError, ProjectionPage<State>> => {
            const page = buildFound({ name, version }, answer)
            if (E.isLeft(page)) return page
            return pipe(
              decodeAll(page.right.documents),
              E.map((entries) => ({ entries, more: page.right.more })),
            )
          }),
        ),
      list: (index, options = {}) =>
        pipe(
          TE.fromEither(listRange(name, indexes, index, options)),
          TE.flatMap((range) => documents.listOfVersion(name, version, range)),
          TE.flatMapEither((answer): E.Either<DocumentError, ProjectionList<State>> => {
            const page = buildFound({ name, version }, answer)
            if (E.isLeft(page)) return page
            const entries = decodeAll(page.right.documents)
            if (E.isLeft(entries)) return entries
            const last = page.right.documents.at(-1)
            return E.right({
              entries: entries.right,
              ...(page.right.more && last !== undefined ? { next: cursorOf(index, last) } : {}),
            })
          }),
        ),
      until: untilBuilt({ name, version }, backend),
    }
  }
