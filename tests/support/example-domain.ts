import type { TaskEither } from 'fp-ts/TaskEither'
import type * as t from 'io-ts'
import type { Transaction } from 'kysely'
import type { Server } from 'node:http'
import type { connect as connectNats } from '@nats-io/transport-node'
import type { Pool } from 'pg'
import type {
  Category,
  Decider,
  Dispatch,
  OpenCategory,
  ProcessManager,
  Projection,
  RecordedEvent,
  Subscription,
  Versioned,
} from 'reprise'
import type {
  Appended,
  AppendedTogether,
  AppendError,
  AppendRequest,
  AppendTogetherError,
  AppendTogetherRequest,
  CommandCodec,
  EventCodec,
  EventStore,
  StateCodec,
  TableProjection,
  TransactionDocuments,
  Upcaster,
} from 'reprise/adapter'
import type { Process, StateByKey, View } from 'reprise/algebra'
import type { Boundary } from 'reprise/boundary'
import type { MasterKey, PostgresBackend, Tenants } from 'reprise/postgres'
import type { HistoryEntry, HistoryRecorder, Violation } from 'reprise/testing'

/**
 * What the examples in comments take for granted: the accounts, gift cards and courses of the pages. Nothing of it is
 * ever run (`page-types.test.ts` checks the types of the examples). A name that an example declares itself wins.
 */
type Rules<Command, State, Event, Rejection> = Category<Command, State, Event, Rejection> &
  Decider<Command, State, Event, Rejection>

// Accounts
export type AccountCommand =
  | { readonly type: 'OpenAccount'; readonly owner: string }
  | { readonly type: 'DepositMoney'; readonly amount: number }
  | { readonly type: 'WithdrawMoney'; readonly amount: number }
  | { readonly type: 'CloseAccount' }
export type AccountEvent =
  | { readonly type: 'AccountOpened'; readonly owner: string }
  | { readonly type: 'MoneyDeposited'; readonly amount: number }
  | { readonly type: 'MoneyWithdrawn'; readonly amount: number }
  | { readonly type: 'AccountClosed' }
export interface AccountState {
  readonly owner: string
  readonly balance: number
  readonly isClosed: boolean
}
export type AccountRejection =
  { readonly _tag: 'AccountMissing' } | { readonly _tag: 'BalanceTooLow'; readonly balance: number }
/** Some examples need its category, others only its decider. */
export declare const account: Rules<AccountCommand, AccountState, AccountEvent, AccountRejection>
export declare const accountCommands: CommandCodec<AccountCommand>
export declare const accountEvents: EventCodec<AccountEvent>
export declare const accountState: StateCodec<AccountState>
export declare const AccountOpened: t.Type<AccountEvent, unknown>
export declare const accounts: OpenCategory<
  AccountCommand,
  AccountState,
  AccountEvent,
  AccountRejection
>
export declare const deposit: (amount: number) => AccountCommand
export declare const withdraw: (amount: number) => AccountCommand

// Transfers between them
export type TransferCommand = { readonly type: 'StartTransfer'; readonly amount: number }
export type TransferEvent =
  | { readonly type: 'TransferStarted'; readonly amount: number }
  | { readonly type: 'TransferFailed' }
export interface TransferState {
  readonly amount: number
}
export type TransferRejection = { readonly _tag: 'SameAccount' }
export declare const transfer: Rules<
  TransferCommand,
  TransferState,
  TransferEvent,
  TransferRejection
>
export declare const transferCommands: CommandCodec<TransferCommand>
export declare const transferEvents: EventCodec<TransferEvent>
export declare const transferState: StateCodec<TransferState>
export declare const transferProcess: Process<AccountEvent, AccountCommand, TransferState>
export declare const bonusProcess: Process<AccountEvent, AccountCommand, { readonly paid: number }>
export declare const transferring: ProcessManager<
  AccountEvent,
  AccountEvent,
  AccountCommand,
  TransferState
>
export declare const dispatch: Dispatch<AccountCommand>

// Gift cards
export type GiftCardCommand =
  | { readonly type: 'IssueGiftCard'; readonly amount: number }
  | { readonly type: 'RedeemGiftCard'; readonly amount: number }
export type GiftCardEvent =
  | { readonly type: 'GiftCardIssued'; readonly amount: number }
  | { readonly type: 'GiftCardRedeemed'; readonly amount: number; readonly orderId?: string }
export interface GiftCardState {
  readonly issued: boolean
  readonly balance: number
}
export type GiftCardRejection =
  { readonly _tag: 'AlreadyIssued' } | { readonly _tag: 'BalanceTooLow'; readonly balance: number }
export declare const giftCard: Decider<
  GiftCardCommand,
  GiftCardState,
  GiftCardEvent,
  GiftCardRejection
>
export declare const giftCards: Category<
  GiftCardCommand,
  GiftCardState,
  GiftCardEvent,
  GiftCardRejection
>
export declare const cards: OpenCategory<
  GiftCardCommand,
  GiftCardState,
  GiftCardEvent,
  GiftCardRejection
>
export declare const card: Category<
  { readonly type: 'ChargeCard'; readonly amount: number },
  { readonly charged: number },
  { readonly type: 'CardCharged'; readonly amount: number },
  { readonly _tag: 'CardBlocked' }
>
export declare const charge: (amount: number) => {
  readonly type: 'ChargeCard'
  readonly amount: number
}
type Named<Message, Name> = t.Type<Extract<Message, { readonly type: Name }>, unknown>
export declare const IssueGiftCard: Named<GiftCardCommand, 'IssueGiftCard'>
export declare const RedeemGiftCard: Named<GiftCardCommand, 'RedeemGiftCard'>
export declare const GiftCardIssued: Named<GiftCardEvent, 'GiftCardIssued'>
export declare const GiftCardRedeemed: Named<GiftCardEvent, 'GiftCardRedeemed'>
export declare const giftCardCommands: CommandCodec<GiftCardCommand>
export declare const giftCardEvents: EventCodec<GiftCardEvent>
export declare const addOrderId: Upcaster
export declare const toCents: Upcaster
export declare const current: Versioned<GiftCardState>

// Seats of a theatre and of courses
export interface SeatCommand {
  readonly type: 'ReserveSeat'
  readonly row: string
}
export interface SeatEvent {
  readonly type: 'SeatReserved'
  readonly row: string
}
export declare const seat: Decider<SeatCommand, boolean, SeatEvent, { readonly _tag: 'Taken' }>
export interface Enrolled {
  readonly type: 'Enrolled'
  readonly course: string
  readonly student: string
}
export declare const seats: View<number, Enrolled>
export declare const bookings: View<number, Enrolled>
export declare const course: View<{ readonly seats: number }, Enrolled>
export declare const courses: StateByKey<{ readonly seats: number }>
export declare const courseEnrolment: Boundary<
  { readonly type: 'TakeSeat'; readonly course: string; readonly student: string },
  { readonly taken: number },
  Enrolled,
  { readonly _tag: 'CourseFull' }
>

// What runs them
export interface Database {
  readonly deposits: { readonly account: string; readonly amount: number }
}
export declare const backend: PostgresBackend<Database>
export declare const signal: AbortSignal
export declare const log: (said: unknown) => void
export declare const look: () => void
export declare const balances: Projection<{ readonly balance: number }, AccountEvent>
export declare const deposits: TableProjection<AccountEvent, Transaction<Database>>
export declare const createDeposits: (db: Transaction<Database>) => TaskEither<unknown, unknown>
export declare const insertDeposit: (
  event: AccountEvent,
  db: Transaction<Database>,
) => TaskEither<unknown, void>
export declare const reserveOwner: (
  event: RecordedEvent<AccountEvent>,
  db: Transaction<Database>,
  documents: TransactionDocuments,
) => TaskEither<unknown, void>
export declare const mails: Subscription<AccountEvent>
export declare const sendMail: (event: AccountEvent) => TaskEither<unknown, void>

// HTTP
export declare const request: Request
export declare const server: Server
export declare const show: (request: Request, id: string) => Promise<Response>
interface Context {
  readonly req: { readonly raw: Request; readonly param: (name: 'id') => string }
}
type Route = (path: string, handler: (context: Context) => Promise<Response>) => void
export declare const app: { readonly get: Route; readonly post: Route }
export declare const application: (backend: unknown) => (request: Request) => Promise<Response>

// A store adapter, and its tests
export declare const insert: (request: AppendRequest) => TaskEither<AppendError, Appended>
export declare const insertAll: (
  request: AppendTogetherRequest,
) => TaskEither<AppendTogetherError, AppendedTogether>
export declare const entry: HistoryEntry
export declare const entries: ReadonlyArray<HistoryEntry>
export declare const recorder: HistoryRecorder
export declare const pool: Pool
export declare const otherPool: Pool
export declare const masterKey: MasterKey
export declare const tenants: Tenants<Database>
export declare const servers: string[]
export declare const connect: typeof connectNats
export declare const violations: ReadonlyArray<Violation>
export declare const work: (store: EventStore) => Promise<void>
