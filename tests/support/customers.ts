import * as t from 'io-ts'
import {
  accept,
  type Category,
  type CommandOf,
  commands,
  type EventOf,
  events,
  everyNEvents,
  type ProcessManager,
  type Projection,
  reject,
  send,
} from '../../src/index'
import {
  type Forgotten,
  forgotten,
  isForgotten,
  NonEmptyText,
  personal,
  record,
  stateCodec,
} from '../../src/codec'

// Customers whose mail address and name are personal. What is done with them: a list of contacts, and a mail.
const owner = ({ customerId }: { readonly customerId: string }): string => customerId
const email = personal(owner, NonEmptyText)
const Person = record('Person', { customerId: t.string, name: personal(owner, t.string, 'N.N.') })

export const customerEvents = events({
  Registered: { customerId: t.string, email, people: t.readonlyArray(Person) },
  Moved: { customerId: t.string, email },
  Greeted: {},
})
export type CustomerEvent = EventOf<typeof customerEvents>

export const customerCommands = commands({
  Register: { customerId: t.string, email, name: t.string },
  Move: { email },
  Greet: { customerId: t.string, email },
})
export type CustomerCommand = CommandOf<typeof customerCommands>

export interface Customer {
  readonly customerId: string
  readonly email: string | Forgotten
  readonly names: ReadonlyArray<string>
  readonly greetings: number
}

const customerState = stateCodec(1, {
  customerId: t.string,
  email,
  names: personal(owner, t.readonlyArray(t.string), []),
  greetings: t.number,
})

const nobody: Customer = { customerId: '', email: forgotten, names: [], greetings: 0 }

const evolve = (state: Customer, event: CustomerEvent): Customer => {
  switch (event.type) {
    case 'Registered': {
      const { customerId, email: address, people } = event
      return { ...state, customerId, email: address, names: people.map(({ name }) => name) }
    }
    case 'Moved':
      return { ...state, email: event.email }
    case 'Greeted':
      return { ...state, greetings: state.greetings + 1 }
  }
}

export const customers: Category<CustomerCommand, Customer, CustomerEvent, string> = {
  name: 'customer',
  commands: customerCommands,
  events: customerEvents,
  snapshots: { state: customerState, policy: everyNEvents(3) },
  decider: {
    initialState: nobody,
    decide: (command, state) => {
      switch (command.type) {
        case 'Register': {
          const { customerId, email: address, name } = command
          const people = [{ customerId, name }]
          return accept({ type: 'Registered' as const, customerId, email: address, people })
        }
        case 'Move':
          return isForgotten(state.email)
            ? reject('Forgotten')
            : accept({
                type: 'Moved' as const,
                customerId: state.customerId,
                email: command.email,
              })
        case 'Greet':
          return accept({ type: 'Greeted' as const })
      }
    },
    evolve,
  },
}

/** The mail addresses of all customers, in a list sorted by what is personal. */
export const contacts: Projection<Customer, CustomerEvent> = {
  name: 'contacts',
  version: 1,
  events: customerEvents,
  key: ({ streamId }) => streamId,
  view: { initialState: nobody, evolve },
  state: customerState,
  indexes: { byEmail: ['email'] },
}

/** Greets whoever registers. */
export const greeting: ProcessManager<CustomerEvent, CustomerEvent, CustomerCommand, Customer> = {
  name: 'greeting',
  events: customerEvents,
  route: (recorded) => ({ key: recorded.streamId, event: recorded.event }),
  process: {
    initialState: nobody,
    evolve,
    react: (_state, event) =>
      event.type === 'Registered'
        ? [send({ type: 'Greet', customerId: event.customerId, email: event.email })]
        : [],
  },
  state: customerState,
  commands: customerCommands,
}

export const register = (customerId: string, address: string, name: string): CustomerCommand => ({
  type: 'Register',
  customerId,
  email: address,
  name,
})
