import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import type { TaskEither } from 'fp-ts/TaskEither'
import * as TE from 'fp-ts/TaskEither'
import type { StoreFailed } from '../../core/errors/store'
import {
  type NotProjectedYet,
  undecodableDocument,
  type UndecodableDocument,
} from '../../core/errors/subscription'
import type { Issue } from '../../core/issue'
import type { Document, DocumentRange, Projections } from '../../core/ports/projection-store'
import type { SubscriptionStore } from '../../core/ports/subscription-store'
import type { Projection } from '../../core/projection'
import type { Position } from '../../core/stream'
import { untilProjected } from '../subscription/until-projected'

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
  /** Waits until the build that readers see is done with everything up to `position`. */
  readonly until: (
    position: Position,
    timeout: number,
  ) => TaskEither<NotProjectedYet | StoreFailed, Position>
}

/** Reads a projection, whichever build is the active one. Inline ones too, but for `until`. */
export const readProjection =
  <State, Event>({ name, state }: Pick<Projection<State, Event>, 'name' | 'state'>) =>
  <Transaction>({
    projections,
    subscriptions,
  }: {
    readonly projections: Projections<Transaction>
    readonly subscriptions: Pick<SubscriptionStore<Transaction>, 'reached'>
  }): ProjectionReader<State> => {
    const decode = ({ key, value }: Document): E.Either<UndecodableDocument, Entry<State>> =>
      pipe(
        state.decode(value),
        E.mapLeft((issues: ReadonlyArray<Issue>) => undecodableDocument(name, key, issues)),
        E.map((decoded) => ({ key, state: decoded })),
      )
    return {
      get: (key) =>
        pipe(
          projections.get(name, key),
          TE.flatMapEither((document): E.Either<UndecodableDocument, State | undefined> =>
            document === undefined
              ? E.right(undefined)
              : E.map((entry: Entry<State>) => entry.state)(decode(document)),
          ),
        ),
      all: (range) =>
        pipe(
          projections.all(name, range),
          TE.flatMapEither(({ documents, more }) => {
            const entries: Entry<State>[] = []
            for (const document of documents) {
              const entry = decode(document)
              if (E.isLeft(entry)) return entry
              entries.push(entry.right)
            }
            return E.right({ entries, more })
          }),
        ),
      until: (position, timeout) =>
        pipe(
          projections.active(name),
          TE.flatMap((build) =>
            untilProjected(subscriptions)(build?.collection ?? name, position, timeout),
          ),
        ),
    }
  }
