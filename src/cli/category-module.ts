import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import type { Category } from '../core/category'
import { categoryOf, type StreamId } from '../core/stream'
import { type CliFailure, failure } from './failure'
import type { Context } from './runtime'
import { exportsIn, has } from './user-module'

/** A category whose state and event types only its own functions know. */
export type AnyCategory = Category<unknown, unknown, unknown, unknown>

const isCategory = (value: unknown): value is AnyCategory =>
  has(value, 'name') &&
  typeof value['name'] === 'string' &&
  has(value['decider'], 'initialState') &&
  typeof value['decider']['evolve'] === 'function' &&
  has(value['events'], 'decode') &&
  typeof value['events']['decode'] === 'function'

const choose = (
  path: string,
  id: StreamId,
  values: ReadonlyArray<unknown>,
): E.Either<CliFailure, AnyCategory> => {
  const categories = values.filter(isCategory)
  const found = categories.find(({ name }) => name === categoryOf(id))
  if (found !== undefined) return E.right(found)
  const names = [...new Set(categories.map(({ name }) => name))].join(', ')
  return E.left(
    failure(
      'NoCategory',
      names === ''
        ? `${path} exports no category: export one, by name or as the default ({ name, decider, commands, events }).`
        : `${path} exports the category ${names}, but ${id} is of the category ${categoryOf(id)}.`,
    ),
  )
}

/** The category of `id` that the module at `path` exports. */
export const categoryIn = (
  context: Pick<Context, 'folder' | 'importModule'>,
  path: string,
  id: StreamId,
): TE.TaskEither<CliFailure, AnyCategory> =>
  pipe(
    exportsIn(context, path),
    TE.flatMapEither((values) => choose(path, id, values)),
  )

/** All categories that the module at `path` exports, each once. */
export const categoriesOf = (values: ReadonlyArray<unknown>): ReadonlyArray<AnyCategory> => [
  ...new Map(values.filter(isCategory).map((category) => [category.name, category])).values(),
]

const withTags = (
  path: string,
  name: string | undefined,
  values: ReadonlyArray<unknown>,
): E.Either<CliFailure, ReadonlyArray<AnyCategory>> => {
  const tagged = values.filter(isCategory).filter(({ tags }) => tags !== undefined)
  const byName = new Map(tagged.map((category) => [category.name, category]))
  const found = [...byName.values()].filter((one) => name === undefined || one.name === name)
  if (found.length > 0) return E.right(found)
  const names = [...byName.keys()].join(', ')
  return E.left(
    failure(
      'NoCategory',
      names === ''
        ? `${path} exports no category with tags: export one, by name or as the default ({ name, decider, commands, events, tags }).`
        : `${path} exports the categories with tags ${names}, but not ${name ?? ''}.`,
    ),
  )
}

/** The categories with tags that the module at `path` exports, or the one of that name. */
export const taggedCategoriesIn = (
  context: Pick<Context, 'folder' | 'importModule'>,
  path: string,
  name: string | undefined,
): TE.TaskEither<CliFailure, ReadonlyArray<AnyCategory>> =>
  pipe(
    exportsIn(context, path),
    TE.flatMapEither((values) => withTags(path, name, values)),
  )
