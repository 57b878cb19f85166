import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { appendError } from '../../../core/append'
import { appendTogetherError, sightAfter } from '../../../core/append-together'
import { storeFailed } from '../../../core/errors/store'
import type { AppendTogetherError } from '../../../core/errors/unions'
import type { Limits } from '../../../core/limits'
import type { BoundaryStore } from '../../../core/ports/boundary-store'
import type { StreamStore } from '../../../core/ports/event-store'
import { encodeAppend, type RunAppend } from './append'
import type { RunTogether } from './append-together'

/** Refuses what no store takes. What is valid is encoded before anything else happens. */
export const checked =
  (limits: Limits, append: RunAppend): StreamStore['append'] =>
  (request) => {
    try {
      const error = appendError(request, limits)
      if (error !== undefined) return TE.left(error)
      const encoded = encodeAppend(request)
      return () => append(encoded)
    } catch (cause) {
      // A getter or a proxy in an event can throw whatever it likes.
      return TE.left(
        storeFailed('Unexpected', 'nothingWritten', cause, 'the append could not be encoded'),
      )
    }
  }

/** The same for several streams. */
export const checkedTogether =
  (limits: Limits, append: RunTogether<AppendTogetherError>): BoundaryStore['appendTogether'] =>
  (request) => {
    try {
      const error = appendTogetherError(request, limits)
      if (error !== undefined) return TE.left(error)
      const encoded = request.streams.map(encodeAppend)
      const condition = request.condition && structuredClone(request.condition)
      return pipe(
        () => append(encoded, condition),
        TE.map((streams) => ({
          streams,
          ...(condition === undefined ? {} : { sight: sightAfter(condition, streams) }),
        })),
      )
    } catch (cause) {
      return TE.left(
        storeFailed('Unexpected', 'nothingWritten', cause, 'the append could not be encoded'),
      )
    }
  }
