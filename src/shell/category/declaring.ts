import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import type { Category } from '../../core/category'
import type { StoreFailed } from '../../core/errors/store'
import type { EventStore } from '../../core/ports/event-store'

/** A store that is told of a category's tags before its first append. */
export const declaring = <Store extends EventStore>(
  store: Store,
  { name, tags }: Pick<Category<never, unknown, never, unknown>, 'name' | 'tags'>,
): Store => {
  if (tags === undefined) return store
  let declared: Promise<E.Either<StoreFailed, void>> | undefined
  const first =
    <Failure, Value>(
      append: TaskEither<Failure, Value>,
    ): TaskEither<Failure | StoreFailed, Value> =>
    async () => {
      const saying = (declared ??= store.declareTags(name)())
      const said = await saying
      if (E.isRight(said)) return append()
      if (declared === saying) declared = undefined // asked again by the next append
      return said
    }
  return { ...store, append: (request) => first(store.append(request)) }
}
