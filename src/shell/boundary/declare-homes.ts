import * as E from 'fp-ts/Either'
import type { AppendTogetherRequest } from '../../core/append-together'
import type { StoreFailed } from '../../core/errors/store'
import type { StreamStore } from '../../core/ports/event-store'
import { categoryOf, streamIdError } from '../../core/stream'

/** The categories that a boundary appends to: all of its events have tags, and the store must know that. */
export interface HomeDeclarations {
  /** Whether all that is appended to was declared. */
  readonly areDeclared: (request: AppendTogetherRequest) => boolean
  /** Declares what was not, once, and again if that has failed. */
  readonly declare: (request: AppendTogetherRequest) => Promise<E.Either<StoreFailed, void>>
}

const DONE = E.right(undefined)

/** @param known - categories that are declared already. Those that are declared here are not among them. */
export const homeDeclarations = (
  { declareTags }: Pick<StreamStore, 'declareTags'>,
  known: ReadonlySet<string> = new Set(),
): HomeDeclarations & { readonly declared: ReadonlySet<string> } => {
  const declared = new Set<string>()
  const undeclaredIn = ({ streams }: AppendTogetherRequest): ReadonlyArray<string> => {
    const homes = streams.filter(
      ({ streamId, events }) => events.length > 0 && streamIdError(streamId) === undefined,
    )
    return [...new Set(homes.map(({ streamId }) => categoryOf(streamId)))].filter(
      (category) => !known.has(category) && !declared.has(category),
    )
  }
  return {
    declared,
    areDeclared: (request) => undeclaredIn(request).length === 0,
    declare: async (request) => {
      for (const category of undeclaredIn(request)) {
        const said = await declareTags(category)()
        if (E.isLeft(said)) return said
        declared.add(category)
      }
      return DONE
    },
  }
}
