import {
  accept,
  type CommandOf,
  commands,
  type Decider,
  type EventOf,
  events,
  reject,
} from 'reprise'
import type { Boundary } from 'reprise/boundary'
import { NonEmptyText } from 'reprise/codec'

/** How many courses and students there are at a time, and the rules: so many seats, and so many courses of one student. */
export const [COURSES, STUDENTS, SEATS, EACH] = [6, 24, 5, 2]

const booking = { course: NonEmptyText, student: NonEmptyText }
const ofCourse = { course: NonEmptyText }

/** Everything races for the last seat all the time: who has one gives it back, who has none takes one. */
export const bookingCommands = commands({ Swap: booking })
export const bookingEvents = events({
  Booked: booking,
  Cancelled: booking,
  // Appended by those who know of no boundary.
  Closed: ofCourse,
  Opened: ofCourse,
  Checked: ofCourse,
})
export type BookingCommand = CommandOf<typeof bookingCommands>
export type BookingEvent = EventOf<typeof bookingEvents>

/** The seats that are taken, as `course student`; and the courses that are closed. */
export interface Bookings {
  readonly taken: ReadonlyArray<string>
  readonly closed: ReadonlyArray<string>
}

const seat = ({ course, student }: { readonly course: string; readonly student: string }): string =>
  `${course} ${student}`

const without = (all: ReadonlyArray<string>, one: string): ReadonlyArray<string> =>
  all.filter((each) => each !== one)

export const bookingDecider: Decider<
  BookingCommand,
  Bookings,
  BookingEvent,
  'CourseClosed' | 'CourseFull' | 'NoMoreCourses'
> = {
  initialState: { taken: [], closed: [] },
  evolve: (state, event) => {
    switch (event.type) {
      case 'Booked':
        return { ...state, taken: [...state.taken, seat(event)] }
      case 'Cancelled':
        return { ...state, taken: without(state.taken, seat(event)) }
      case 'Closed':
        return { ...state, closed: [...without(state.closed, event.course), event.course] }
      case 'Opened':
        return { ...state, closed: without(state.closed, event.course) }
      case 'Checked':
        return state
    }
  },
  decide: ({ course, student }, { taken, closed }) => {
    const wanted = { course, student }
    if (taken.includes(seat(wanted))) return accept({ type: 'Cancelled', ...wanted })
    if (closed.includes(course)) return reject('CourseClosed')
    if (taken.filter((one) => one.startsWith(`${course} `)).length >= SEATS) {
      return reject('CourseFull')
    }
    return taken.filter((one) => one.endsWith(` ${student}`)).length >= EACH
      ? reject('NoMoreCourses')
      : accept({ type: 'Booked', ...wanted })
  },
}

export const tagsOf = (event: Partial<Record<'course' | 'student', string>>) =>
  [event.course, event.student].flatMap((tag) => tag ?? [])

/** Courses of some seats, and students of some courses. */
export const bookings: Boundary<
  BookingCommand,
  Bookings,
  BookingEvent,
  'CourseClosed' | 'CourseFull' | 'NoMoreCourses'
> = {
  name: 'bookings',
  decider: bookingDecider,
  commands: bookingCommands,
  events: bookingEvents,
  query: ({ course, student }) => [
    { tags: [course], types: ['Booked', 'Cancelled', 'Closed', 'Opened', 'Checked'] },
    { tags: [student], types: ['Booked', 'Cancelled'] },
  ],
  tags: tagsOf,
  home: (event) => `seat-${tagsOf(event).join('_')}`,
}

/** An event as the database holds it. */
export interface BookingRow {
  readonly id: string
  readonly type: BookingEvent['type'] | 'Noted'
  readonly course: string
  readonly student: string
}

/** Where the rules were broken, seen from all events in their order. */
export const brokenRules = (rows: ReadonlyArray<BookingRow>): ReadonlyArray<string> => {
  const taken = new Map<string, Set<string>>()
  const closed = new Set<string>()
  const of = (key: string): Set<string> => {
    const known = taken.get(key) ?? new Set()
    taken.set(key, known)
    return known
  }
  return rows.flatMap(({ type, course, student }) => {
    const [inCourse, ofStudent] = [of(course), of(student)]
    switch (type) {
      case 'Closed':
        closed.add(course)
        return []
      case 'Opened':
        closed.delete(course)
        return []
      case 'Booked': {
        const isTwice = inCourse.has(student)
        inCourse.add(student)
        ofStudent.add(course)
        return [
          ...(isTwice ? [`${student} has ${course} twice`] : []),
          ...(inCourse.size > SEATS ? [`${course}: seat ${inCourse.size}`] : []),
          ...(ofStudent.size > EACH ? [`${student}: course ${ofStudent.size}`] : []),
          ...(closed.has(course) ? [`${course}: booked although closed`] : []),
        ]
      }
      case 'Cancelled': {
        const isThere = inCourse.delete(student)
        ofStudent.delete(course)
        return isThere ? [] : [`${student} has cancelled ${course} twice`]
      }
      case 'Checked':
      case 'Noted':
        return []
    }
  })
}
