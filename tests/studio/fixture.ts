import {
  accept,
  type Backend,
  type Category,
  commands,
  events,
  openCategory,
  reject,
} from 'reprise'
import { type CommandOf, type EventOf } from 'reprise'
import * as t from 'io-ts'
import { right } from '../support/right'
import { openStudio } from '../../src/studio/open-studio'
import type { StudioOptions } from '../../src/studio/environment'
import { DEFAULT_MASK, maskOf } from '../../src/studio/masking'
import type { AnyCategory } from '../../src/studio/states'

const customerCommands = commands({
  Register: { name: t.string, email: t.string },
  Visit: { note: t.string },
})
const customerEvents = events({
  Registered: { name: t.string, email: t.string },
  Visited: { note: t.string },
})
type Command = CommandOf<typeof customerCommands>
type Event = EventOf<typeof customerEvents>

interface State {
  readonly name: string
  readonly visits: number
  readonly seen: ReadonlySet<string>
}

/** Customers, with personal data, and a state that is not JSON. */
export const customers: Category<Command, State, Event, { readonly _tag: 'Unknown' }> = {
  name: 'customer',
  commands: customerCommands,
  events: customerEvents,
  decider: {
    initialState: { name: '', visits: 0, seen: new Set() },
    decide: (command, { name }) => {
      if (command.type === 'Register') return accept({ ...command, type: 'Registered' })
      return name === '' ? reject({ _tag: 'Unknown' }) : accept({ ...command, type: 'Visited' })
    },
    evolve: (state, event) =>
      event.type === 'Registered'
        ? { ...state, name: event.name }
        : { ...state, visits: state.visits + 1, seen: new Set([...state.seen, event.note]) },
  },
}

export const register = { type: 'Register', name: 'Ada', email: 'ada@example.org' } as const
export const visit = (note: string) => ({ type: 'Visit', note }) as const

/** Text that must stay text: markup, another direction, and all that a store takes. */
export const HOSTILE = `<script>alert(1)</script><img src=x onerror=alert(2)>"'\`\${1}\u202e\u05d0\u2028 &lt;`

/** Two customers, one request that has reached both, a held event and a parked command. */
export const fill = async <Transaction>(backend: Backend<Transaction>): Promise<void> => {
  const desk = openCategory(customers, backend)
  const metadata = { correlationId: 'request-1', actor: 'grace' }
  const first = await right(desk.handleCommand('C1', register, { metadata }))
  const causationId = first.events[0]?.id ?? ''
  await right(desk.handleCommand('C1', visit('hello')))
  await right(desk.handleCommand('C1', visit(HOSTILE)))
  await right(desk.handleCommand('C2', register, { metadata: { ...metadata, causationId } }))
  const { subscriptions, outbox, store } = backend
  const held = (await right(store.read('customer-C2', { after: 0, limit: 1 }))).events[0]
  if (held === undefined) throw new Error('there is no event')
  for (const name of ['mails', 'process:orders']) {
    await right(subscriptions.register({ name, partitions: 1, position: 0 }))
  }
  const { leases } = await right(subscriptions.claim('mails', 'worker', 60_000))
  const [lease] = leases
  if (lease === undefined) throw new Error('there is no lease')
  const { streamId, version, position, id: eventId, type } = held
  const failure = { message: 'no such mailbox', stack: 'at secret.ts:1' }
  const stream = { streamId, version, position, eventId, type, attempts: 3, failure }
  const holding = { _tag: 'Hold', stream } as const
  await right(subscriptions.save({ lease, after: lease.position, position, holding }))
  const orders = await right(subscriptions.claim('process:orders', 'worker', 60_000))
  const [owner] = orders.leases
  if (owner === undefined) throw new Error('there is no lease')
  const command = { process: 'orders', key: 'one', id: 'order-1', command: { email: 'a@b.c' } }
  await right(
    subscriptions.commit({ lease: owner, after: 0 }, (transaction) => async () => {
      const writes = outbox.inTransaction(transaction)
      await right(writes.add({ ...command, metadata: {} }, { _tag: 'Now' }))
      const timer = { _tag: 'After', timer: 'reminder', delay: 3_600_000 } as const
      await right(writes.add({ ...command, id: 'order-2', metadata: {} }, timer))
      const failed = { process: 'orders', id: 'order-1', attempts: 1, failure }
      await right(writes.failed(failed))
      return { _tag: 'Right', right: { position: 0 } } as const
    }),
  )
}

export const SECRETS = { token: 'the-token', session: 'the-session' }
export const HOST = '127.0.0.1:4000'

/** A request, with its headers as a record. */
export interface Sent extends Omit<RequestInit, 'headers'> {
  readonly headers?: Readonly<Record<string, string>>
}

/** A studio without a server, and requests as its own page makes them. */
export const studioOn = (
  backend: StudioOptions['backend'],
  options: Partial<StudioOptions> = {},
) => {
  const handle = openStudio(
    {
      backend,
      place: 'a test',
      schema: 'reprise',
      version: '0.0.0',
      categories: [customers as unknown as AnyCategory],
      mask: maskOf(DEFAULT_MASK),
      operator: undefined,
      rebuilds: {
        projections: [],
        list: () => [],
        start: () => () =>
          Promise.resolve({ _tag: 'Left', left: { _tag: 'NoProjection', message: 'none' } }),
      },
      explain: ({ message }) => message,
      now: () => Date.now(),
      ...options,
    },
    SECRETS,
  )
  const send = (path: string, init: Sent = {}): Promise<Response> =>
    handle(
      new Request(`http://${HOST}${path}`, {
        ...init,
        headers: { host: HOST, cookie: 'reprise_studio_4000=the-session', ...init.headers },
      }),
    )
  const read = async (response: Response) => {
    const content: unknown = await response.json()
    if (!response.ok) throw new Error(`${response.status} ${JSON.stringify(content)}`)
    return content
  }
  const headers = { 'content-type': 'application/json', origin: `http://${HOST}` }
  return {
    send,
    get: async (path: string) => read(await send(path)),
    postRaw: (path: string, content: unknown) =>
      send(path, { method: 'POST', headers, body: JSON.stringify(content) }),
    post: async (path: string, content: unknown) =>
      read(await send(path, { method: 'POST', headers, body: JSON.stringify(content) })),
  }
}
