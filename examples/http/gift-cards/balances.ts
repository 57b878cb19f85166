import * as t from 'io-ts'
import { type Projection } from 'reprise'
import { stateCodec } from 'reprise/codec'
import { giftCard, type GiftCardEvent, giftCardEvents, type GiftCardState } from './category'

/** Every gift card with its balance, under its id. */
export const balances: Projection<GiftCardState, GiftCardEvent> = {
  name: 'gift-card-balances',
  version: 1,
  categories: ['giftcard'],
  events: giftCardEvents,
  key: ({ streamId }) => streamId.slice('giftcard-'.length),
  view: giftCard,
  state: stateCodec(1, t.strict({ issued: t.boolean, balance: t.number })),
}
