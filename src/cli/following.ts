import * as E from 'fp-ts/Either'
import type { StoreFailed } from '../core/errors/store'
import type { Position } from '../core/stream'
import { backoff } from '../core/back-off'
import { neverInvalid } from '../core/ports/never-invalid'
import { sleeper } from '../shell/subscription/sleeper'
import type { CliFailure } from './failure'
import type { TailPrinter } from './output/tail'
import { reportFailure } from './output/report'
import type { Context } from './runtime'
import { explain, type Session } from './session'

/** Which events are printed. */
export interface Following {
  readonly after: Position
  /** Whether to wait for more. */
  readonly waits: boolean
  readonly categories?: ReadonlyArray<string>
  readonly types?: ReadonlyArray<string>
}

const PAGE = 200
const MIN_POLL_INTERVAL = 20
const MAX_POLL_INTERVAL = 1_000

/** Whether the same query may succeed a little later. */
const passes = ({ reason }: StoreFailed): boolean => {
  switch (reason) {
    case 'Unavailable':
    case 'ConnectionLost':
    case 'PoolExhausted':
    case 'TimedOut':
    case 'TransactionRefused':
      return true
    case 'AccessDenied':
    case 'NotMigrated':
    case 'TransactionAborted':
    case 'TransactionIdle':
    case 'DataRefused':
    case 'CorruptRow':
    case 'Truncated':
    case 'ArchiveUnreadable':
    case 'ReadOnlyReplica':
    case 'SequenceBehind':
    case 'LocksNotVisible':
    case 'SchemaRenamed':
    case 'WrongIsolation':
    case 'TagsIncomplete':
    case 'TagsNotDeclared':
    case 'OtherSlotMap':
    case 'SlotMoving':
    case 'EventsMoving':
    case 'MasterKeyUnavailable':
    case 'MasterKeyWrong':
    case 'SubjectKeyMissing':
    case 'InvalidSchemaName':
    case 'ServerTooOld':
    case 'StorageFull':
    case 'Unexpected':
      return false
  }
}

/** Wake-ups need a connection that keeps its server process: behind a pooler there is none. */
const listen = async (session: Session, wake: () => void): Promise<() => void> => {
  const probe = await session.preparedStatements()
  const keeps = E.isRight(probe) && !probe.right.pooled
  return keeps ? session.wakeUps.listen(wake) : () => undefined
}

interface Outside {
  readonly session: Session
  readonly context: Context
  readonly printer: TailPrinter
  readonly signal: AbortSignal
}

/**
 * Prints events as they become safe to read, until it is interrupted. Wake-ups only trigger a query. Once it has
 * begun, it waits for a server that is unavailable to come back.
 */
export const follow = async (
  { session, context, printer, signal }: Outside,
  { after, waits, ...which }: Following,
): Promise<E.Either<CliFailure, 0>> => {
  const waiting = sleeper()
  const silence = waits ? await listen(session, () => waiting.wake()) : () => undefined
  let last = after
  let pause = MIN_POLL_INTERVAL
  let begun = false
  let troubled = false
  try {
    while (!signal.aborted) {
      const page = await neverInvalid(
        session.store.readAll({ ...which, after: last, limit: PAGE }),
      )()
      if (E.isLeft(page)) {
        const failure = explain(session)(page.left)
        if (!begun || !waits || !passes(page.left)) return E.left(failure)
        if (!troubled) await reportFailure(context.output, context.json, failure)
        troubled = true
      } else {
        const { events, upTo, more } = page.right
        if (!begun) await printer.begin()
        begun = true
        troubled = false
        if (events.length > 0) await printer.page(events)
        if (upTo > last) pause = MIN_POLL_INTERVAL
        last = Math.max(last, upTo)
        if (more) continue
        if (!waits) return E.right(0)
      }
      await waiting.sleep(pause, signal)
      pause = backoff(pause, MAX_POLL_INTERVAL, 2)
    }
    return E.right(0)
  } finally {
    silence()
  }
}
