import { hasControlCharacter } from '../code-points'
import { type InvalidOperation, invalidOperation } from '../errors/operator'
import { jsonIssue, jsonSize, type JsonObject } from '../json'

/** What an operator is about to do. */
export interface OperatorAction {
  /** Who. 1 to 255 characters, none of them a control character. */
  readonly operator: string
  /** What: `retry`, `skip`. As `operator`. */
  readonly action: string
  /** To which subscription, process manager or projection. As `operator`. */
  readonly subject: string
  /** The rest of it: positions, a reason. Storable JSON of at most 65,536 characters or so. */
  readonly detail: JsonObject
}

/** How an action has ended. */
export interface ActionOutcome {
  readonly outcome: 'done' | 'failed'
  /** For people. What is beyond 8,000 characters is cut off. */
  readonly message: string
}

/** An action, as it was recorded. */
export interface AuditEntry extends OperatorAction {
  /** Its place in the order of recording. Increasing, with gaps; 1 or more. */
  readonly sequence: number
  /** When it was recorded, before it was carried out. Milliseconds since 1970-01-01 UTC, by the store's clock. */
  readonly at: number
  /** `unknown`: it is being carried out, or its process has ended before it could say how it went. */
  readonly outcome: ActionOutcome['outcome'] | 'unknown'
  /** `undefined`: the outcome is not known. */
  readonly message: string | undefined
}

/** Which actions, from the newest on. */
export interface AuditRange {
  /** Only those that were recorded before this one. 1 or more. */
  readonly before: number
  /** Actions at most in this page. 1 or more. */
  readonly limit: number
}

export interface AuditPage {
  /** Newest first. */
  readonly entries: ReadonlyArray<AuditEntry>
  /** Whether there are earlier ones. Exact. */
  readonly more: boolean
}

const MOST_CHARACTERS = 255
const MOST_DETAIL = 65_536
const MOST_MESSAGE = 8_000

const isName = (text: string): boolean =>
  text.length >= 1 &&
  text.length <= MOST_CHARACTERS &&
  !hasControlCharacter(text) &&
  text.isWellFormed()

/**
 * Why an action cannot be recorded, or `undefined`. Every adapter asks before anything else.
 *
 * @example
 * actionProblem({ operator: '', action: 'retry', subject: 'mails', detail: {} })?._tag // 'InvalidOperation'
 */
export const actionProblem = ({
  operator,
  action,
  subject,
  detail,
}: OperatorAction): InvalidOperation | undefined => {
  for (const [name, text] of Object.entries({ operator, action, subject })) {
    if (!isName(text)) {
      return invalidOperation(
        name,
        `must have 1 to ${MOST_CHARACTERS} characters, none of them a control character`,
      )
    }
  }
  const issue = jsonIssue(detail)
  if (issue !== undefined) return invalidOperation('detail', `cannot be stored: ${issue.message}`)
  return jsonSize(detail) > MOST_DETAIL
    ? invalidOperation('detail', `must have at most ${MOST_DETAIL} characters`)
    : undefined
}

/**
 * The message of an outcome as every adapter stores it: at most 8,000 characters, without NUL and lone surrogates.
 *
 * @example
 * outcomeMessage({ outcome: 'failed', message: 'The mail server is away.' }) // 'The mail server is away.'
 */
export const outcomeMessage = ({ message }: ActionOutcome): string =>
  message.slice(0, MOST_MESSAGE).replaceAll('\u0000', '').toWellFormed()
