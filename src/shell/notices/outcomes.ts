/** What an application expects to answer. Everything else has to be looked at by somebody. */
const EXPECTED = new Set([
  'Rejected',
  'VersionConflict',
  'VersionConflicts',
  'BoundaryConflict',
  'CommandAlreadyHandled',
  'CommandIdReused',
  'InvalidCommand',
  'InvalidStreamId',
  'StreamErased',
  'StreamClosed',
  'InvalidQuery',
  'VersionNotReached',
])

/** Whether an error is a failure, and not an answer that applications expect: a rejection, a conflict, a bad request. */
export const isFailure = ({ _tag: tag }: { readonly _tag: string }): boolean => !EXPECTED.has(tag)
