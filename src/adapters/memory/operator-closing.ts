import * as E from 'fp-ts/Either'
import { versionConflict } from '../../core/errors/conflict'
import { streamErased } from '../../core/errors/erased'
import { closingProblem, type Closure, nothingToClose } from '../../core/operator/closing'
import type { Operator } from '../../core/ports/operator'
import type { MemoryLog } from './log'
import type { MemoryAudit } from './operator-audit'

/** Closing streams. */
export const memoryClosing = (
  log: MemoryLog,
  audit: MemoryAudit,
): Pick<Operator, 'closeStream'> => ({
  closeStream: (closing) => () => {
    const { streamId, by, why, at } = closing
    const problem = closingProblem(closing)
    if (problem !== undefined) return Promise.resolve(E.left(problem))
    if (log.erasures.has(streamId)) return Promise.resolve(E.left(streamErased(streamId)))
    const stream = log.streams.get(streamId)
    const version = stream?.events.length ?? 0
    if (stream === undefined || version === 0) {
      return Promise.resolve(E.left(nothingToClose(streamId)))
    }
    if (stream.closure !== undefined) return Promise.resolve(E.right(stream.closure))
    if (at !== undefined && at !== version) {
      return Promise.resolve(E.left(versionConflict(streamId, at, version)))
    }
    const entry = audit.add(
      { operator: by, action: 'close', subject: streamId, detail: { why, version } },
      { outcome: 'done', message: `closed at version ${version}` },
    )
    const closure: Closure = { streamId, closedAt: entry.at, by, why, version }
    stream.closure = closure
    return Promise.resolve(E.right(closure))
  },
})
