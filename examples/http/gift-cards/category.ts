import { either as E } from 'fp-ts'
import * as t from 'io-ts'
import { type Category, type Decider } from 'reprise'
import { commandCodec, eventCodec, eventType } from 'reprise/codec'

/** 1 to 1,000,000 cents. */
const Cents = t.refinement(
  t.number,
  (amount) => Number.isInteger(amount) && amount >= 1 && amount <= 1_000_000,
  'Cents',
)
/** Milliseconds since 1970-01-01 UTC. */
const Time = t.refinement(t.number, Number.isSafeInteger, 'Time')

const Issue = t.strict({ type: t.literal('IssueGiftCard'), amount: Cents })
const Redeem = t.strict({ type: t.literal('RedeemGiftCard'), amount: Cents, at: Time })
export type GiftCardCommand = t.TypeOf<typeof Issue> | t.TypeOf<typeof Redeem>

const Issued = t.strict({ type: t.literal('GiftCardIssued'), amount: Cents })
const Redeemed = t.strict({ type: t.literal('GiftCardRedeemed'), amount: Cents, at: Time })
export type GiftCardEvent = t.TypeOf<typeof Issued> | t.TypeOf<typeof Redeemed>

export const giftCardEvents = eventCodec<GiftCardEvent>({
  GiftCardIssued: eventType(Issued),
  GiftCardRedeemed: eventType(Redeemed),
})

export type GiftCardRejection =
  | { readonly _tag: 'AlreadyIssued' }
  | { readonly _tag: 'NotIssued' }
  | { readonly _tag: 'BalanceTooLow'; readonly balance: number }

export interface GiftCardState {
  readonly issued: boolean
  readonly balance: number
}

export const giftCard: Decider<GiftCardCommand, GiftCardState, GiftCardEvent, GiftCardRejection> = {
  initialState: { issued: false, balance: 0 },

  decide: (command, { issued, balance }) => {
    switch (command.type) {
      case 'IssueGiftCard':
        if (issued) return E.left({ _tag: 'AlreadyIssued' })
        return E.right([{ type: 'GiftCardIssued', amount: command.amount }])
      case 'RedeemGiftCard': {
        const { amount, at } = command
        if (!issued) return E.left({ _tag: 'NotIssued' })
        if (amount > balance) return E.left({ _tag: 'BalanceTooLow', balance })
        return E.right([{ type: 'GiftCardRedeemed', amount, at }])
      }
    }
  },

  evolve: (state, event) => {
    switch (event.type) {
      case 'GiftCardIssued':
        return { issued: true, balance: event.amount }
      case 'GiftCardRedeemed':
        return { ...state, balance: state.balance - event.amount }
    }
  },
}

/** All gift cards: their streams are called `giftcard-<id>`. */
export const giftCards: Category<GiftCardCommand, GiftCardState, GiftCardEvent, GiftCardRejection> =
  {
    name: 'giftcard',
    decider: giftCard,
    commands: commandCodec<GiftCardCommand>({ IssueGiftCard: Issue, RedeemGiftCard: Redeem }),
    events: giftCardEvents,
  }
