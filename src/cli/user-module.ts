import { resolve } from 'node:path'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { type CliFailure, failure } from './failure'
import type { Context } from './runtime'

export const has = (value: unknown, key: string): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && key in value

/** All exports of a module, however it was compiled. */
const exportsOf = (module: unknown, depth = 0): ReadonlyArray<unknown> => {
  if (typeof module !== 'object' || module === null) return []
  const values: ReadonlyArray<unknown> = Object.values(module)
  const inner = has(module, 'default') && depth < 2 ? exportsOf(module['default'], depth + 1) : []
  return [...values, ...inner]
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

/** The exports of the user's module at `path`. */
export const exportsIn = (
  { folder, importModule }: Pick<Context, 'folder' | 'importModule'>,
  path: string,
): TE.TaskEither<CliFailure, ReadonlyArray<unknown>> =>
  pipe(
    TE.tryCatch(
      () => importModule(resolve(folder, path)),
      (error) => notLoaded(path, error),
    ),
    TE.map((module) => exportsOf(module)),
  )
