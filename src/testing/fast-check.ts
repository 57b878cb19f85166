import { createRequire } from 'node:module'
import type fc from 'fast-check'
import * as E from 'fp-ts/Either'
import { causeText } from '../core/issue'

/** The module that `import fc from 'fast-check'` gives. */
export type FastCheck = typeof fc

const load = createRequire(__filename)

const isFastCheck = (loaded: unknown): loaded is { readonly default: FastCheck } =>
  typeof loaded === 'object' && loaded !== null && 'default' in loaded

const unusable = (problem: string): string =>
  `the laws need fast-check (npm install --save-dev fast-check): ${problem}`

/**
 * fast-check, an optional peer dependency. It is loaded when it is first needed, so that the rest of
 * `reprise/testing` works without it. Fails with what to install.
 */
export const fastCheck = (): E.Either<string, FastCheck> => {
  const loaded = E.tryCatch(
    (): unknown => load('fast-check'),
    (cause) => unusable(causeText(cause).split('\n', 1).join()),
  )
  if (E.isLeft(loaded)) return loaded
  return isFastCheck(loaded.right)
    ? E.right(loaded.right.default)
    : E.left(unusable('the installed package of that name has no default export'))
}
