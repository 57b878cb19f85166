import { AssertionError } from 'node:assert/strict'
import fc from 'fast-check'
import { accept, reject } from 'reprise'
import type { Boundary } from 'reprise/boundary'
import { assertLaws, brokenLaws, checkDecider, specification } from 'reprise/testing'
import {
  enrolment,
  type EnrolmentCommand,
  enrolmentDecider,
  type EnrolmentEvent,
  type EnrolmentRejection,
  type EnrolmentState,
  leaveSeat,
  openCourse,
  takeSeat,
} from '../support/enrolment'

type Enrolment = Boundary<EnrolmentCommand, EnrolmentState, EnrolmentEvent, EnrolmentRejection>

const opened = (course: string, seats = 2): EnrolmentEvent => ({
  type: 'CourseOpened',
  course,
  seats,
})
const taken = (course: string, student: string): EnrolmentEvent => ({
  type: 'SeatTaken',
  course,
  student,
})
const left = (course: string, student: string): EnrolmentEvent => ({
  type: 'SeatLeft',
  course,
  student,
})

/** Commands about few courses and students, so that they meet. */
const name = fc.constantFrom('a', 'b', 'c')
const commands: fc.Arbitrary<EnrolmentCommand> = fc.oneof(
  fc.tuple(name, fc.nat({ max: 3 })).map(([course, seats]) => openCourse(course, seats)),
  fc.tuple(name, name).map(([course, student]) => takeSeat(course, student)),
  fc.tuple(name, name).map(([course, student]) => leaveSeat(course, student)),
)

const checked = (boundary: Enrolment, runs = 100) =>
  checkDecider({
    decider: boundary.decider,
    commands,
    events: fc.oneof(
      fc.tuple(name, fc.nat({ max: 3 })).map(([course, seats]) => opened(course, seats)),
      fc.tuple(name, name).map(([course, student]) => taken(course, student)),
      fc.tuple(name, name).map(([course, student]) => left(course, student)),
    ),
    codecs: boundary,
    boundary,
    runs,
  })
const brokenIn = (change: Partial<Enrolment>, runs?: number): ReadonlyArray<string> =>
  brokenLaws(checked({ ...enrolment, ...change }, runs)).map(({ law }) => law)

/** A hundred runs miss a query that names too little one time in six. */
const MANY = 1_000

const LOOKS = 'decide looks only at what its query names'

describe('checkDecider, of a boundary', () => {
  it('finds nothing wrong with a good one', () => {
    const report = checked(enrolment)
    assertLaws(report)
    expect(report.results.filter(({ _tag }) => _tag === 'Held').map(({ law }) => law)).toEqual(
      expect.arrayContaining([LOOKS, 'query, tags and home are valid', 'homes in any order']),
    )
  })

  it('says nothing of boundaries when it is given none', () => {
    const { results } = checkDecider({ decider: enrolmentDecider, commands, runs: 10 })
    expect(results.map(({ law }) => law)).not.toContain(LOOKS)
  })

  it('finds a query that names too little', () => {
    const query: Enrolment['query'] = ({ course }) => [{ tags: [`course:${course}`] }]
    expect(brokenIn({ query }, MANY)).toEqual([LOOKS])
  })

  it('finds a query that forgets a type', () => {
    const query: Enrolment['query'] = (command) =>
      enrolment.query(command).map((item) => ({
        ...item,
        types: ['SeatTaken', 'CourseOpened'],
      })) as unknown as ReturnType<Enrolment['query']>
    expect(brokenIn({ query }, MANY)).toEqual([LOOKS])
  })

  it('finds a decision that looks at more than the query names', () => {
    const decider: Enrolment['decider'] = {
      ...enrolmentDecider,
      decide: (command, state) =>
        Object.keys(state.courses).length > 2
          ? reject('CourseFull')
          : enrolmentDecider.decide(command, state),
    }
    expect(brokenIn({ decider }, MANY)).toEqual([LOOKS])
  })

  it('finds queries, tags and homes that no store takes, and what they throw', () => {
    const valid = 'query, tags and home are valid'
    const thrown = () => {
      throw new Error('broken')
    }
    expect(brokenIn({ query: () => [{ tags: [''] }] })).toContain(valid)
    expect(brokenIn({ tags: ({ course }) => [`course:${course}`, ''] })).toContain(valid)
    expect(brokenIn({ home: ({ course }) => course })).toEqual([valid])
    expect(brokenIn({ home: thrown })).toContain(valid)
    expect(brokenIn({ tags: thrown })).toContain(valid)
  })

  it('finds a state that depends on the order of homes', () => {
    const swap: Enrolment['decider'] = {
      ...enrolmentDecider,
      decide: (command, state) =>
        command.type === 'TakeSeat'
          ? accept(taken(command.course, command.student), opened(command.course, 1))
          : enrolmentDecider.decide(command, state),
      evolve: (state, event) =>
        event.type === 'CourseOpened'
          ? { courses: {}, students: {} }
          : enrolmentDecider.evolve(state, event),
    }
    expect(brokenIn({ decider: swap })).toContain('homes in any order')
  })
})

describe('examples of a boundary', () => {
  const { given } = specification(enrolment)

  it('are decided on what the query of the command names', () => {
    given(opened('math', 1), opened('art'), taken('art', 'ada'))
      .when(takeSeat('math', 'ada'))
      .thenRecords(taken('math', 'ada'))
    given(opened('math', 1), taken('math', 'alan'))
      .when(takeSeat('math', 'ada'))
      .thenRejects('CourseFull')
    given(opened('math', 1), opened('art'), taken('art', 'alan'))
      .when(takeSeat('math', 'ada'))
      .thenStateIs({ courses: { math: { seats: 1, students: ['ada'] } }, students: { ada: 1 } })
    given(opened('math')).when(leaveSeat('math', 'ada')).thenRecordsNothing()
  })

  it('fail when a rule needs what the query does not name', () => {
    const blind = specification({
      ...enrolment,
      query: ({ course }: EnrolmentCommand) => [{ tags: [`course:${course}`] }] as const,
    })
    const outcome = blind
      .given(opened('a'), opened('b'), opened('c'), taken('a', 'ada'), taken('b', 'ada'))
      .when(takeSeat('c', 'ada'))
    expect(() => outcome.thenRejects('NoMoreCourses')).toThrow(AssertionError)
  })
})
