import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import type { BuiltProjection } from '../core/projection'
import { type CliFailure, failure } from './failure'
import type { Context } from './runtime'
import { exportsIn, has } from './user-module'

/** A projection whose document, table and event types only its own functions know. */
export type AnyProjection = BuiltProjection<unknown, unknown, unknown>

const hasDocuments = (value: Readonly<Record<string, unknown>>): boolean =>
  has(value['state'], 'decode') &&
  (typeof value['keys'] === 'function'
    ? typeof value['view'] === 'function'
    : typeof value['key'] === 'function' &&
      has(value['view'], 'initialState') &&
      typeof value['view']['evolve'] === 'function')

const hasTables = (value: Readonly<Record<string, unknown>>): boolean =>
  value['_tag'] === 'TableProjection' &&
  has(value['tables'], 'create') &&
  typeof value['tables']['create'] === 'function' &&
  has(value, 'handling')

const isProjection = (value: unknown): value is AnyProjection =>
  has(value, 'name') &&
  typeof value['name'] === 'string' &&
  Number.isSafeInteger(value['version']) &&
  has(value['events'], 'schemaVersions') &&
  (hasDocuments(value) || hasTables(value))

/** All projections that a module exports, each once. */
export const projectionsOf = (values: ReadonlyArray<unknown>): ReadonlyArray<AnyProjection> => [
  ...new Map(
    values.filter(isProjection).map((projection) => [projection.name, projection]),
  ).values(),
]

const choose = (
  path: string,
  name: string,
  values: ReadonlyArray<unknown>,
): E.Either<CliFailure, AnyProjection> => {
  const projections = values.filter(isProjection)
  const found = projections.find((projection) => projection.name === name)
  if (found !== undefined) return E.right(found)
  const names = [...new Set(projections.map((projection) => projection.name))].join(', ')
  return E.left(
    failure(
      'NoProjection',
      names === ''
        ? `${path} exports no projection: export it, by name or as the default ({ name, version, events, key, view, state }, or a tableProjection).`
        : `${path} exports the projection ${names}, but not ${name}.`,
    ),
  )
}

/** The projection of that name that the module at `path` exports. */
export const projectionIn = (
  context: Pick<Context, 'folder' | 'importModule'>,
  path: string,
  name: string,
): TE.TaskEither<CliFailure, AnyProjection> =>
  pipe(
    exportsIn(context, path),
    TE.flatMapEither((values) => choose(path, name, values)),
  )
