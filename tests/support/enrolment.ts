import {
  accept,
  type CommandOf,
  commands,
  type Decider,
  type EventOf,
  events,
  reject,
} from 'reprise'
import { eachBy, sideBySide, stateAt, type View } from 'reprise/algebra'
import type { Boundary } from 'reprise/boundary'
import { NonEmptyText, WholeNumber } from 'reprise/codec'

const place = { course: NonEmptyText, student: NonEmptyText }

export const enrolmentCommands = commands({
  OpenCourse: { course: NonEmptyText, seats: WholeNumber },
  TakeSeat: place,
  LeaveSeat: place,
})
export const enrolmentEvents = events({
  CourseOpened: { course: NonEmptyText, seats: WholeNumber },
  SeatTaken: place,
  SeatLeft: place,
})
export type EnrolmentCommand = CommandOf<typeof enrolmentCommands>
export type EnrolmentEvent = EventOf<typeof enrolmentEvents>

interface Course {
  readonly seats: number
  readonly students: ReadonlyArray<string>
}

const course: View<Course, EnrolmentEvent> = {
  initialState: { seats: 0, students: [] },
  evolve: (state, event) => {
    switch (event.type) {
      case 'CourseOpened':
        return { ...state, seats: event.seats }
      case 'SeatTaken':
        return { ...state, students: [...state.students, event.student] }
      case 'SeatLeft':
        return { ...state, students: state.students.filter((one) => one !== event.student) }
    }
  },
}

const student: View<number, EnrolmentEvent> = {
  initialState: 0,
  evolve: (taken, { type }) =>
    type === 'SeatTaken' ? taken + 1 : type === 'SeatLeft' ? taken - 1 : taken,
}

const seen = sideBySide({
  courses: eachBy((event: EnrolmentEvent) => event.course)(course),
  students: eachBy((event: EnrolmentEvent) =>
    event.type === 'CourseOpened' ? undefined : event.student,
  )(student),
})
export type EnrolmentState = typeof seen.initialState

/** How many courses a student may take. */
export const MOST_COURSES = 2

export type EnrolmentRejection = 'AlreadyOpen' | 'CourseFull' | 'NoMoreCourses'

export const enrolmentDecider: Decider<
  EnrolmentCommand,
  EnrolmentState,
  EnrolmentEvent,
  EnrolmentRejection
> = {
  ...seen,
  decide: (command, { courses, students }) => {
    const { seats, students: taken } = stateAt(courses, command.course, course)
    switch (command.type) {
      case 'OpenCourse':
        return seats > 0
          ? reject('AlreadyOpen')
          : accept({ type: 'CourseOpened', course: command.course, seats: command.seats })
      case 'TakeSeat':
        if (taken.includes(command.student)) return accept()
        if (taken.length >= seats) return reject('CourseFull')
        if (stateAt(students, command.student, student) >= MOST_COURSES)
          return reject('NoMoreCourses')
        return accept({ type: 'SeatTaken', course: command.course, student: command.student })
      case 'LeaveSeat':
        return taken.includes(command.student)
          ? accept({ type: 'SeatLeft', course: command.course, student: command.student })
          : accept()
    }
  },
}

/** Courses of so many seats, and students of two courses: a rule that belongs to neither of them. */
export const enrolment: Boundary<
  EnrolmentCommand,
  EnrolmentState,
  EnrolmentEvent,
  EnrolmentRejection
> = {
  name: 'enrolment',
  decider: enrolmentDecider,
  commands: enrolmentCommands,
  events: enrolmentEvents,
  query: (command) =>
    command.type === 'OpenCourse'
      ? [{ tags: [`course:${command.course}`] }]
      : [{ tags: [`course:${command.course}`] }, { tags: [`student:${command.student}`] }],
  tags: (event) => [
    `course:${event.course}`,
    ...(event.type === 'CourseOpened' ? [] : [`student:${event.student}`]),
  ],
  home: (event) =>
    event.type === 'CourseOpened'
      ? `course-${event.course}`
      : `seat-${event.course}_${event.student}`,
}

export const openCourse = (course: string, seats = 5): EnrolmentCommand => ({
  type: 'OpenCourse',
  course,
  seats,
})
export const takeSeat = (course: string, student: string): EnrolmentCommand => ({
  type: 'TakeSeat',
  course,
  student,
})
export const leaveSeat = (course: string, student: string): EnrolmentCommand => ({
  type: 'LeaveSeat',
  course,
  student,
})
