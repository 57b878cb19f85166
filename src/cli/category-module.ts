import { resolve } from 'node:path'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import type { Category } from '../core/category'
import { categoryOf, type StreamId } from '../core/stream'
import { type CliFailure, failure } from './failure'
import type { Context } from './runtime'

/** A category whose states and events are known to nobody but its own functions. */
export type AnyCategory = Category<unknown, unknown, unknown, unknown>

const has = (value: unknown, key: string): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && key in value

const isCategory = (value: unknown): value is AnyCategory =>
  has(value, 'name') &&
  typeof value['name'] === 'string' &&
  has(value['decider'], 'initialState') &&
  typeof value['decider']['evolve'] === 'function' &&
  has(value['events'], 'decode') &&
  typeof value['events']['decode'] === 'function'

/** Everything that a module exports, however it was compiled. */
const exportsOf = (module: unknown, depth = 0): ReadonlyArray<unknown> => {
  if (typeof module !== 'object' || module === null) return []
  const values: ReadonlyArray<unknown> = Object.values(module)
  const inner = has(module, 'default') && depth < 2 ? exportsOf(module['default'], depth + 1) : []
  return [...values, ...inner]
}

const choose = (path: string, id: StreamId, module: unknown): E.Either<CliFailure, AnyCategory> => {
  const categories = exportsOf(module).filter(isCategory)
  const found = categories.find(({ name }) => name === categoryOf(id))
  if (found !== undefined) return E.right(found)
  const names = [...new Set(categories.map(({ name }) => name))].join(', ')
  return E.left(
    failure(
      'NoCategory',
      names === ''
        ? `${path} exports no category: export one, by name or as the default ({ name, decider, commands, events }).`
        : `${path} exports the category ${names}, and ${id} is of the category ${categoryOf(id)}.`,
    ),
  )
}

const notLoaded = (path: string, error: unknown): CliFailure => {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const detail = error instanceof Error ? error.message : String(error)
  return failure(
    'NotLoaded',
    code === 'ERR_UNKNOWN_FILE_EXTENSION'
      ? `Node.js cannot read ${path}. Give the compiled file, or run with a loader: NODE_OPTIONS="--import tsx" npx reprise ...`
      : `${path} cannot be loaded: ${detail}`,
  )
}

/** The category of `id` that the module at `path` exports. */
export const categoryIn = (
  { folder, importModule }: Pick<Context, 'folder' | 'importModule'>,
  path: string,
  id: StreamId,
): TE.TaskEither<CliFailure, AnyCategory> =>
  pipe(
    TE.tryCatch(
      () => importModule(resolve(folder, path)),
      (error) => notLoaded(path, error),
    ),
    TE.flatMapEither((module) => choose(path, id, module)),
  )
