import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import type { StoreFailed } from '../../core/errors/store'
import type { BoundaryStore } from '../../core/ports/boundary-store'
import type { StreamStore } from '../../core/ports/event-store'

/** A category, as far as its tags are declared. */
interface Declared {
  readonly name: string
  readonly tags?: unknown
}

/** Says once that a category's tags are declared, and again if that has failed. */
const declaration = (store: StreamStore, { name }: Declared) => {
  let declared: Promise<E.Either<StoreFailed, void>> | undefined
  return async (): Promise<E.Either<StoreFailed, void>> => {
    const saying = (declared ??= store.declareTags(name)())
    const said = await saying
    if (E.isLeft(said) && declared === saying) declared = undefined
    return said
  }
}

/** A store that is told which categories declare tags before the first append. */
export const declaring = <Store extends StreamStore & Partial<BoundaryStore>>(
  store: Store,
  categories: ReadonlyArray<Declared>,
): Store => {
  const tagged = categories.filter(({ tags }) => tags !== undefined)
  if (tagged.length === 0) return store
  const declarations = tagged.map((category) => declaration(store, category))
  const first =
    <Failure, Value>(
      append: TaskEither<Failure, Value>,
    ): TaskEither<Failure | StoreFailed, Value> =>
    async () => {
      for (const declare of declarations) {
        const said = await declare()
        if (E.isLeft(said)) return said
      }
      return append()
    }
  const { append, appendTogether } = store
  return {
    ...store,
    append: (request) => first(append(request)),
    ...(appendTogether && { appendTogether: (request) => first(appendTogether(request)) }),
  }
}
