import { AssertionError } from 'node:assert/strict'
import { memory } from 'reprise/memory'
import { httpSpecification, inStream, type StreamEvents } from 'reprise/testing'
import { type GiftCardEvent, giftCards } from '../../examples/http/gift-cards/category'
import { openEndpoints } from '../../examples/http/gift-cards/endpoints'

const { given } = httpSpecification({
  open: () => memory(),
  application: (backend) => {
    const { commands, show, notFound } = openEndpoints(backend, () => undefined)
    return (request) => {
      const [, , id = '', action] = new URL(request.url).pathname.split('/')
      if (request.method === 'POST' && action === 'commands') return commands(request, id)
      return request.method === 'GET' && action === undefined ? show(request, id) : notFound()
    }
  },
})

const card = (id: string, ...events: ReadonlyArray<GiftCardEvent>): StreamEvents =>
  inStream(giftCards, id, ...events)
const issued = (amount: number): GiftCardEvent => ({ type: 'GiftCardIssued', amount })
const redeem = (amount: number) => ({ json: { type: 'RedeemGiftCard', amount, at: 7 } })
const redeemed = (amount: number): GiftCardEvent => ({ type: 'GiftCardRedeemed', amount, at: 7 })

const failure = async (example: Promise<unknown>): Promise<string> => {
  const error: unknown = await example.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(AssertionError)
  return error instanceof AssertionError ? error.message : ''
}

describe('an example of an application that answers HTTP', () => {
  it('holds when status, headers, content and what is recorded are as expected', async () => {
    await given(card('G1', issued(50)), card('G2', issued(10)))
      .request('POST', '/gift-cards/G1/commands', redeem(20))
      .expect({
        status: 200,
        headers: { etag: '"2"' },
        json: { version: 2, position: 3 },
        members: { version: 2 },
        recorded: [card('G1', redeemed(20))],
      })
  })

  it('can go on with another request, on what the first has recorded', async () => {
    const after = await given(card('G1', issued(50)))
      .request('POST', '/gift-cards/G1/commands', redeem(20))
      .expect({ status: 200 })
    const { etag = '' } = after.answer.headers
    await after
      .request('GET', '/gift-cards/G1', { headers: { 'if-none-match': etag } })
      .expect({ status: 304, recorded: [] })
    await after
      .request('POST', '/gift-cards/G1/commands', redeem(31))
      .expect({ status: 422, members: { code: 'balance-too-low', balance: 30 }, recorded: [] })
  })

  it('begins anew each time', async () => {
    const situation = given()
    const issue = { json: { type: 'IssueGiftCard', amount: 5 } }
    for (const _ of [1, 2]) {
      await situation
        .request('POST', '/gift-cards/G1/commands', issue)
        .expect({ status: 200, recorded: [card('G1', issued(5))] })
    }
  })

  it('sends text as it is', async () => {
    await given()
      .request('POST', '/gift-cards/G1/commands', {
        text: '{',
        headers: { 'content-type': 'application/problem+json' },
      })
      .expect({ status: 400, members: { code: 'malformed-json' } })
  })

  it.each([
    ['status', { status: 201 }],
    ['headers', { status: 200, headers: { etag: '"3"' } }],
    ['content', { status: 200, json: { version: 3, position: 2 } }],
    ['members', { status: 200, members: { version: 3 } }],
  ])('fails, and shows the answer, when the %s differs', async (what, expected) => {
    const message = await failure(
      given(card('G1', issued(50)))
        .request('POST', '/gift-cards/G1/commands', redeem(20))
        .expect(expected),
    )
    expect(message).toContain(`POST /gift-cards/G1/commands does not have the expected ${what}.`)
    expect(message).toContain('It answered 200: {"version":2,"position":2}')
  })

  it.each([
    ['nothing', []],
    ['other data', [card('G1', redeemed(21))]],
    ['another stream', [card('G2', redeemed(20))]],
    ['more', [card('G1', redeemed(20), redeemed(20))]],
  ])('fails when %s was expected to be recorded', async (_name, recorded) => {
    const message = await failure(
      given(card('G1', issued(50)))
        .request('POST', '/gift-cards/G1/commands', redeem(20))
        .expect({ status: 200, recorded }),
    )
    expect(message).toContain('does not record what was expected')
  })

  it('fails when an event that is given is none', () => {
    expect(() => card('G1', issued(-1))).toThrow(/not an event of giftcard/)
  })

  it('fails when the given events cannot be stored', async () => {
    const message = await failure(
      given(card('\n', issued(1)))
        .request('GET', '/')
        .expect({ status: 404 }),
    )
    expect(message).toContain('given events')
  })
})
