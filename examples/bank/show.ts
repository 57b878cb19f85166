import { either as E } from 'fp-ts'
import type { HandleError, CommandResult } from 'reprise'
import type { StoredEvent } from 'reprise/adapter'
import type { AccountCommand } from './account/commands'
import type { AccountRejection } from './account/decider'
import type { AccountEvent } from './account/events'
import type { AccountState } from './account/state'

export type Answer = E.Either<
  HandleError<AccountRejection>,
  CommandResult<AccountState, AccountEvent>
>

/** Whole amounts, for the story: `amount(24)` is 24.00. The command codec validates them, not this function. */
export const amount = (whole: number): number => whole * 100

/** Cents as people write them: `24.00`. */
export const money = (cents: number): string => (cents / 100).toFixed(2)

/** An amount as it was sent, also an invalid one. */
export const amountText = (cents: unknown): string => {
  if (typeof cents !== 'number') return JSON.stringify(cents)
  return Number.isInteger(cents) ? money(cents) : String(cents)
}

export const commandText = (command: AccountCommand): string =>
  command.type === 'OpenAccount'
    ? `${command.type} ${command.owner}`
    : `${command.type} ${amountText(command.amount)}`

const eventText = (event: AccountEvent): string =>
  event.type === 'AccountOpened'
    ? `${event.type} ${event.owner}`
    : `${event.type} ${money(event.amount)}`

const rejectionText = (rejection: AccountRejection): string => {
  switch (rejection._tag) {
    case 'AlreadyOpen':
    case 'AccountMissing':
      return rejection._tag
    case 'BalanceTooLow':
      return `${rejection._tag}: ${money(rejection.needed)} needed, ${money(rejection.balance)} there`
    case 'BalanceTooHigh':
      return `${rejection._tag}: at most ${money(rejection.most)}`
  }
}

/** The answer to a command, in one line. */
export const answerText = (answer: Answer): string => {
  if (E.isRight(answer)) return answer.right.events.map(({ event }) => eventText(event)).join(', ')
  const error = answer.left
  if (error._tag === 'Rejected') return rejectionText(error.rejection)
  if (error._tag === 'InvalidCommand') {
    return `InvalidCommand: ${error.issues.map(({ path, message }) => `${path}: ${message}`).join('; ')}`
  }
  return error.message
}

export const isRejectedAs = (answer: Answer, reason: AccountRejection['_tag']): boolean =>
  E.isLeft(answer) && answer.left._tag === 'Rejected' && answer.left.rejection._tag === reason

/** A stored event as a row: version, position, type, data. */
export const eventRow = ({ version, position, type, data }: StoredEvent) => [
  version,
  position,
  type,
  JSON.stringify(data),
]
export const EVENT_HEADINGS = ['>version', '>position', 'event', 'data']
