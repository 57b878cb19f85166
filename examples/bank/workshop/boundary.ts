import { accept, type Decider, reject } from 'reprise'
import { stateAt } from 'reprise/algebra'
import type { Boundary } from 'reprise/boundary'
import {
  type WorkshopCommand,
  workshopCommands,
  type WorkshopEvent,
  workshopEvents,
} from './messages'
import { type Enrolments, enrolments, seats, visits } from './views'

export type WorkshopRejection =
  | { readonly _tag: 'AlreadyAnnounced' }
  | { readonly _tag: 'SoldOut'; readonly seats: number }
  | { readonly _tag: 'TooManyWorkshops'; readonly most: number }

/** How many workshops a customer may visit. */
const MOST_VISITS = 2

const decider: Decider<WorkshopCommand, Enrolments, WorkshopEvent, WorkshopRejection> = {
  ...enrolments,
  decide: (command, { workshops, customers }) => {
    const { workshop } = command
    const { offered, taken } = stateAt(workshops, workshop, seats)
    if (command.type === 'AnnounceWorkshop') {
      if (offered > 0) return reject({ _tag: 'AlreadyAnnounced' })
      return accept({ type: 'WorkshopAnnounced', workshop, seats: command.seats })
    }
    const { customer } = command
    const visited = stateAt(customers, customer, visits)
    if (visited.includes(workshop)) return accept()
    if (taken >= offered) return reject({ _tag: 'SoldOut', seats: offered })
    if (visited.length >= MOST_VISITS)
      return reject({ _tag: 'TooManyWorkshops', most: MOST_VISITS })
    return accept({ type: 'SeatTaken', workshop, customer })
  },
}

const workshopTag = (workshop: string): string => `workshop:${workshop}`
const customerTag = (customer: string): string => `customer:${customer}`

/** Workshops of so many seats, for customers who may visit two of them: a rule that no single stream could decide. */
export const workshopSeats: Boundary<
  WorkshopCommand,
  Enrolments,
  WorkshopEvent,
  WorkshopRejection
> = {
  name: 'workshop seats',
  decider,
  commands: workshopCommands,
  events: workshopEvents,
  query: (command) =>
    command.type === 'AnnounceWorkshop'
      ? [{ tags: [workshopTag(command.workshop)] }]
      : [{ tags: [workshopTag(command.workshop)] }, { tags: [customerTag(command.customer)] }],
  tags: (event) =>
    event.type === 'WorkshopAnnounced'
      ? [workshopTag(event.workshop)]
      : [workshopTag(event.workshop), customerTag(event.customer)],
  home: (event) =>
    event.type === 'WorkshopAnnounced'
      ? `workshop-${event.workshop}`
      : `seat-${event.workshop}_${event.customer}`,
}
