import { either as E } from 'fp-ts'
import { type BoundaryError, openBoundary } from 'reprise/boundary'
import type { Scene } from '../bank'
import { value } from '../value'
import { type WorkshopRejection, workshopSeats } from '../workshop/boundary'
import type { WorkshopCommand } from '../workshop/messages'

const SEATS = 3

const reason = (error: BoundaryError<WorkshopRejection>): string =>
  error._tag === 'Rejected' ? error.rejection._tag : error._tag

export const theLastSeat: Scene = async ({ boundaries, screen, accountOf }) => {
  if (boundaries === undefined) {
    screen.title('A rule across streams: not on this store, which has no boundaries')
    return
  }
  let lost = 0
  const openDesk = () =>
    openBoundary(workshopSeats, boundaries, {
      onNotice: ({ _tag }) => {
        if (_tag === 'BoundaryDecidedAgain') lost += 1
      },
    })
  const desk = openDesk()
  const [saving, lending, trading] = ['saving', 'lending', 'trading'].map(accountOf) as [
    string,
    string,
    string,
  ]
  const customers = ['ada', 'bob', 'cleo', 'dora', 'eve'].map(accountOf)
  const rows: Array<ReadonlyArray<string | number>> = []
  const send = async (name: string, at: typeof desk, command: WorkshopCommand) => {
    const answer = await at.handleCommand(command)()
    const seat = command.type === 'TakeSeat' ? `${command.customer} in ${command.workshop}` : ''
    const [event] = E.isRight(answer) ? answer.right.events : []
    const { version } = E.isRight(answer)
      ? answer.right
      : { version: answer.left._tag === 'Rejected' ? answer.left.version : 0 }
    const said = E.isLeft(answer) ? reason(answer.left) : (event?.event.type ?? 'nothing to do')
    rows.push([name, seat, said, version, event?.streamId ?? ''])
    return answer
  }
  for (const workshop of [saving, lending, trading]) {
    value(await desk.handleCommand({ type: 'AnnounceWorkshop', workshop, seats: SEATS })())
  }

  screen.title('The last seat, sold once: a rule across streams')
  screen.say(`A workshop has ${SEATS} seats, and a customer may visit two. Five processes at once:`)
  const answers = await Promise.all(
    customers.map((customer, index) =>
      send(`${index + 1}`, openDesk(), { type: 'TakeSeat', workshop: saving, customer }),
    ),
  )
  const [first = ''] = customers.filter((_, index) => answers[index]?._tag === 'Right')
  const second = await send('1', desk, { type: 'TakeSeat', workshop: lending, customer: first })
  const third = await send('1', desk, { type: 'TakeSeat', workshop: trading, customer: first })
  screen.table(['process', 'seat', 'answer', '>seen', 'stored in'], rows)
  screen.say(`Rounds lost to another process, and decided again: ${lost}`)

  const sold = answers.filter(E.isRight).length
  const soldOut = answers.filter(
    (answer) => E.isLeft(answer) && reason(answer.left) === 'SoldOut',
  ).length
  screen.check(
    `exactly ${SEATS} seats are sold, and the others hear that it is sold out`,
    sold === SEATS && soldOut === customers.length - SEATS,
  )
  screen.check(
    'a customer may visit two workshops, and not a third one',
    E.isRight(second) && E.isLeft(third) && reason(third.left) === 'TooManyWorkshops',
  )
  const tag = `workshop:${saving}`
  const { events } = value(
    await boundaries.store.readMatching([{ tags: [tag], types: ['SeatTaken'] }], { limit: 100 })(),
  )
  const homes = new Set(events.map(({ streamId }) => streamId))
  screen.check(
    `the tag ${tag} finds all ${SEATS} of them, in ${SEATS} streams`,
    events.length === SEATS && homes.size === SEATS,
  )
}
