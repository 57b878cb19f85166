import type { FileRange } from './moving-to-files'
import { actionProblem } from './audit'
import type { StreamId } from '../stream'
import { streamIdError } from '../stream'
import { invalidOperation, type InvalidOperation } from '../errors/operator'
import { textIssue } from '../json'

/** A document that holds what is to be erased. */
export interface ErasedDocument {
  /** The name of the projection (the document is erased from all of its builds), or of a collection. */
  readonly collection: string
  readonly key: string
}

/** What to erase, and what is written down about it. */
export interface Erasing {
  readonly streamId: StreamId
  /** Who has decided it. 1 to 255 characters, none of them a control character. */
  readonly by: string
  /** Why. 1 to 2,000 characters. It is kept for ever: name no person. */
  readonly why: string
  /** Documents that are erased with it: the store cannot know which are made from the stream. At most 10,000. */
  readonly documents?: ReadonlyArray<ErasedDocument>
}

/** An erasure, as it is written down in the audit: action `erase`, the stream's id as its subject. */
export interface Erasure {
  readonly streamId: StreamId
  /** Milliseconds since 1970-01-01 UTC, by the store's clock. */
  readonly erasedAt: number
  readonly by: string
  readonly why: string
  /** How many events there were. 1 or more. */
  readonly events: number
  /** The bytes of the file in which they were: see `Operator.unusedRanges`. Omitted: they were in no file. */
  readonly place?: FileRange
}

const LONGEST_REASON = 2_000
const MOST_DOCUMENTS = 10_000

/** Why nothing is done for this reason, or `undefined`: it must have 1 to 2,000 characters. */
export const reasonProblem = (why: unknown): InvalidOperation | undefined =>
  typeof why === 'string' &&
  why.trim().length > 0 &&
  why.length <= LONGEST_REASON &&
  textIssue(why) === undefined
    ? undefined
    : invalidOperation('reason', `must have 1 to ${LONGEST_REASON} characters`)

/**
 * Why nothing can be erased with this, or `undefined`. Every store calls it first.
 *
 * @example
 * erasingProblem({ streamId: 'account-A1', by: 'grace', why: '' })?._tag // 'InvalidOperation'
 */
export const erasingProblem = ({
  streamId,
  by,
  why,
  documents = [],
}: Erasing): InvalidOperation | undefined => {
  const wrong = streamIdError(streamId)
  if (wrong !== undefined) return invalidOperation('stream', `is not valid: ${wrong.reason}`)
  const unnamed = actionProblem({ operator: by, action: 'erase', subject: streamId, detail: {} })
  if (unnamed !== undefined) return unnamed
  const unreasoned = reasonProblem(why)
  if (unreasoned !== undefined) return unreasoned
  if (documents.length > MOST_DOCUMENTS) {
    return invalidOperation('list of documents', `may name ${MOST_DOCUMENTS} at most`)
  }
  return documents.every(
    ({ collection, key }) => textIssue(collection) === undefined && textIssue(key) === undefined,
  )
    ? undefined
    : invalidOperation('list of documents', 'names one that no store can hold')
}

/**
 * The stream was never written to: there is nothing to erase.
 *
 * @example
 * nothingToErase('account-A1').message // 'The stream account-A1 has no events. Nothing was changed.'
 */
export const nothingToErase = (streamId: StreamId): InvalidOperation =>
  invalidOperation('stream', `${streamId} has no events`)
