/** What `browser.test.ts` runs where nothing of node is. */
import * as t from 'io-ts'
import {
  accept,
  type CommandOf,
  commands,
  type Decider,
  type EventOf,
  events,
  openCategory,
  type Projection,
  projectionReader,
  promised,
  reject,
  runProjection,
} from 'reprise'
import { toReducer } from 'reprise/algebra'
import { stateCodec, WholeNumber } from 'reprise/codec'
import { memory } from 'reprise/memory'

export {
  clearTimeout,
  fromBase64Url,
  setTimeout,
  sha256,
  toBase64Url,
} from '../../src/platform/node'

const cardCommands = commands({
  Issue: { amount: WholeNumber },
  Redeem: { amount: WholeNumber },
})
const cardEvents = events({ Issued: { amount: WholeNumber }, Redeemed: { amount: WholeNumber } })
type CardEvent = EventOf<typeof cardEvents>

const card: Decider<CommandOf<typeof cardCommands>, number, CardEvent, 'BalanceTooLow'> = {
  initialState: 0,
  decide: ({ type, amount }, balance) => {
    if (type === 'Issue') return accept({ type: 'Issued', amount })
    return amount > balance ? reject('BalanceTooLow') : accept({ type: 'Redeemed', amount })
  },
  evolve: (balance, { type, amount }) => (type === 'Issued' ? balance + amount : balance - amount),
}

const balances: Projection<number, CardEvent> = {
  name: 'balances',
  version: 1,
  events: cardEvents,
  key: ({ streamId }) => streamId,
  view: card,
  state: stateCodec(1, t.number),
}

/** A gift card that is issued, redeemed by three at once, and read again through a projection. */
export const run = async (): Promise<unknown> => {
  const backend = memory()
  const category = { name: 'card', decider: card, commands: cardCommands, events: cardEvents }
  const [here, elsewhere] = [
    promised(openCategory(category, backend)),
    promised(openCategory(category, backend)),
  ]
  await here.handleCommand('G1', { type: 'Issue', amount: 50 })
  const redeemed = await Promise.all(
    [here, here, elsewhere].map((cards) =>
      cards.handleCommand('G1', { type: 'Redeem', amount: 20 }),
    ),
  )
  const invalid = await here.handle('G1', { type: 'Redeem', amount: '20' })
  const { state, version } = { state: undefined, version: undefined, ...(await here.load('G1')) }

  const controller = new AbortController()
  const running = runProjection(balances)(backend, { signal: controller.signal })()
  const reader = projectionReader(balances)(backend)
  await reader.until(version ?? 0, 10_000)()
  const balance = await reader.get('card-G1')()
  controller.abort()
  await running
  return {
    accepted: redeemed.filter(({ ok }) => ok).length,
    rejected: redeemed.flatMap((answer) => (answer.ok ? [] : [answer.error._tag])),
    invalid: invalid.ok ? undefined : invalid.error._tag,
    state,
    version,
    balance,
    reduced: toReducer(card)(50, { type: 'Redeem', amount: 20 }),
  }
}
