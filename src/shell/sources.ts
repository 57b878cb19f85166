import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import type { Observed } from './notices/notices'
import type { RunOptions } from './subscription/environment'

/** What something that follows events runs on: a source, or a backend with several of them. */
export type OnSources<Given> = Given | ({ readonly sources: ReadonlyArray<Given> } & Observed)

const hasSeveral = <Given extends object>(
  backend: OnSources<Given>,
): backend is { readonly sources: ReadonlyArray<Given> } & Observed => 'sources' in backend

/** Names the source that notices are about, if it has a name: it is one of several. */
const naming = <Told extends object>(source: object, tell: (notice: Told) => void) =>
  'source' in source && typeof source.source === 'string'
    ? (
        (name) => (notice: Told) =>
          tell({ ...notice, source: name })
      )(source.source)
    : tell

/** Each source of a backend: the backend itself, if it is its own. All of them tell the backend what they report. */
export const sourcesOf = <Given extends object>(
  backend: OnSources<Given>,
): ReadonlyArray<Given> => {
  if (!hasSeveral(backend)) return [backend]
  const { sources, onAnyNotice } = backend
  return onAnyNotice === undefined
    ? sources
    : sources.map((source) => ({ onAnyNotice: naming(source, onAnyNotice), ...source }))
}

/** The first error, if there is one. */
const firstError = <Failure>(
  answers: ReadonlyArray<E.Either<Failure, void>>,
): E.Either<Failure, void> => answers.find((answer) => E.isLeft(answer)) ?? E.right(undefined)

/**
 * Runs something on each source of a backend at once. Ends when all have ended. The first one that ends with an error
 * stops the others, and its error is the answer. (`runWorkers` runs each of them as a worker of its own instead, so that
 * the others go on.) Notices of one that has a name carry it.
 */
export const onEachSource =
  <Given extends object, Notice extends object, Failure>(
    backend: OnSources<Given>,
    running: RunOptions<Notice>,
    run: (source: Given, running: RunOptions<Notice>) => TaskEither<Failure, void>,
  ): TaskEither<Failure, void> =>
  async () => {
    const sources = sourcesOf(backend)
    const { onNotice } = running
    const runOn = (source: Given, options: RunOptions<Notice>) =>
      run(
        source,
        onNotice === undefined ? options : { ...options, onNotice: naming(source, onNotice) },
      )()
    const [only, another] = sources
    if (only !== undefined && another === undefined) return runOn(only, running)
    const own = new AbortController()
    const abort = (): void => own.abort()
    if (running.signal.aborted) abort()
    running.signal.addEventListener('abort', abort, { once: true })
    let starting = sources.length
    const onStarted = (): void => {
      starting -= 1
      if (starting === 0) running.onStarted?.()
    }
    const answers = await Promise.all(
      sources.map(async (source) => {
        const answer = await runOn(source, { ...running, signal: own.signal, onStarted })
        if (E.isLeft(answer)) abort()
        return answer
      }),
    )
    running.signal.removeEventListener('abort', abort)
    return firstError(answers)
  }

const EACH_SOURCE = Symbol('reprise: runs on each source')

/** Marks a function that runs something with {@link onEachSource}, for `runWorkers`. */
export const runningOnSources = <Run extends object>(run: Run): Run =>
  Object.assign(run, { [EACH_SOURCE]: true })

/** A worker for each source of a backend, with its name; one for all, if it is not known to run on each. */
export const perSource = <Given>(
  name: string,
  worker: object,
  backend: Given,
): ReadonlyArray<{ readonly name: string; readonly backend: Given }> => {
  if (!(EACH_SOURCE in worker) || !hasSources(backend)) return [{ name, backend }]
  return backend.sources.map((source) => ({
    name: `${name} on ${source.source}`,
    backend: { ...backend, sources: [source] },
  }))
}

const hasSources = <Given>(
  backend: Given,
): backend is Given & { readonly sources: ReadonlyArray<{ readonly source: string }> } =>
  typeof backend === 'object' &&
  backend !== null &&
  'sources' in backend &&
  Array.isArray(backend.sources)
