import { either as E } from 'fp-ts'
import { type Backend, openCategory, projectionReader } from 'reprise'
import {
  commandEndpoint,
  httpProblem,
  type OnFailure,
  problem,
  type ProblemFields,
  problemResponse,
  readYourWrites,
  stateEndpoint,
} from 'reprise/http'
import { balances } from './balances'
import { type GiftCardRejection, giftCards } from './category'

/** What a rejection is to the outside. */
const rejected = (rejection: GiftCardRejection): ProblemFields => {
  switch (rejection._tag) {
    case 'AlreadyIssued':
      return { status: 409, title: 'The gift card was issued before' }
    case 'NotIssued':
      return { status: 404, title: 'There is no such gift card' }
    case 'BalanceTooLow':
      return {
        title: 'The balance is too low',
        extensions: { balance: rejection.balance },
      }
  }
}

/** A redemption, of whatever was sent: the codec of the category judges it. */
const redemption = (body: unknown): unknown => {
  const sent = typeof body === 'object' && body !== null ? body : {}
  return { ...sent, type: 'RedeemGiftCard', at: Date.now() }
}

/** An endpoint takes a request, and the id that the router has found in its URL. */
type Endpoint = (request: Request, id: string) => Promise<Response>

/** What the three applications share: everything but their routes. */
export interface Endpoints {
  /** `POST /gift-cards/:id/commands`: any command, as it is. */
  readonly commands: Endpoint
  /** `POST /gift-cards/:id/redemptions`: `{ amount }`; the server adds the time. */
  readonly redemptions: Endpoint
  /** `GET /gift-cards/:id`: the current state, from its events. */
  readonly show: Endpoint
  /** `GET /balances/:id`: from the read model. */
  readonly balance: Endpoint
  readonly notFound: () => Response
}

export const openEndpoints = <Transaction>(
  backend: Backend<Transaction>,
  onFailure: OnFailure,
): Endpoints => {
  const cards = openCategory(giftCards, backend)
  const reader = projectionReader(balances)(backend)
  const upToDate = readYourWrites(reader.until)
  return {
    commands: commandEndpoint(cards, { rejected, onFailure }),
    redemptions: commandEndpoint(cards, {
      rejected,
      onFailure,
      required: ['idempotency-key'],
      command: redemption,
      answer: ({ state, version }) => ({
        status: 201,
        json: { balance: state.balance, version },
      }),
    }),
    show: stateEndpoint(cards, {
      onFailure,
      answer: ({ state: { balance }, version }) => ({ json: { balance, version } }),
    }),
    balance: async ({ headers }, id) => {
      const waited = await upToDate(headers)
      if (E.isLeft(waited)) return problemResponse(waited.left)
      const found = await reader.get(id)()
      if (E.isLeft(found)) return problemResponse(problem(found.left))
      return found.right === undefined
        ? problemResponse(httpProblem(404, 'not-found', 'There is no such gift card.'))
        : Response.json({ balance: found.right.balance })
    },
    notFound: () => problemResponse(httpProblem(404, 'not-found', 'There is no such page.')),
  }
}
