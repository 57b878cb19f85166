import { causeText, preview } from '../issue'
import { propertyOf } from '../owns'
import type { StreamId, StreamVersion } from '../stream'

/** `decide` rejected the command. Nothing was written. */
export interface Rejected<Rejection> {
  readonly _tag: 'Rejected'
  /** The stream; of a boundary its name. */
  readonly streamId: StreamId
  /** The version of the state that the rejection was decided on; of a boundary, how many events it was made of. */
  readonly version: StreamVersion
  readonly rejection: Rejection
  readonly message: string
}
export const rejected = <Rejection>(
  streamId: StreamId,
  version: StreamVersion,
  rejection: Rejection,
): Rejected<Rejection> => ({
  _tag: 'Rejected',
  streamId,
  version,
  rejection,
  message: `${streamId} rejected the command at version ${version}: ${rejectionName(rejection)}.`,
})

/** The `_tag` of the reason, behind the keys of the parts of a combination: `accounts/A1/BalanceTooLow`. */
const rejectionName = (rejection: unknown): string => {
  const [key, inner] = [propertyOf(rejection, 'key'), propertyOf(rejection, 'rejection')]
  if (typeof key === 'string' && inner !== undefined) return `${key}/${rejectionName(inner)}`
  const tag = propertyOf(rejection, '_tag')
  return typeof tag === 'string' ? tag : preview(rejection)
}

/** Which of the application's own functions. */
export type UserFunction =
  'decide' | 'evolve' | 'isTerminal' | 'codec' | 'tags' | 'snapshot policy' | 'query' | 'home'

/** The application's own code threw: a defect in it. Nothing was written. */
export interface DeciderThrew {
  readonly _tag: 'DeciderThrew'
  readonly streamId: StreamId
  /** The version of the state that the function was called with. */
  readonly version: StreamVersion
  readonly during: UserFunction
  readonly cause: unknown
  readonly message: string
}
export const deciderThrew = (
  streamId: StreamId,
  version: StreamVersion,
  during: UserFunction,
  cause: unknown,
): DeciderThrew => ({
  _tag: 'DeciderThrew',
  streamId,
  version,
  during,
  cause,
  message: `${during} threw on ${streamId} at version ${version}: ${causeText(cause)}.`,
})
