import { causeText } from '../issue'

/**
 * What a handler answers when something that it needs is away for a while, and the event is not to blame:
 * it is tried again for as long as it takes, and never counts as poison.
 */
export interface TransientFailure {
  readonly _tag: 'TransientFailure'
  readonly cause: unknown
  readonly message: string
}

/**
 * Marks a failure as one that will pass by itself.
 *
 * @example
 * handle: ({ event }) => TE.mapLeft(transientFailure)(callPartner(event))
 */
export const transientFailure = (cause: unknown): TransientFailure => ({
  _tag: 'TransientFailure',
  cause,
  message: `Not available at the moment: ${causeText(cause)}.`,
})
