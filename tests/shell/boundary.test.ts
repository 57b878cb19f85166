import type * as E from 'fp-ts/Either'
import { either } from 'fp-ts'
import { accept, type CategoryOptions, events, type Notice, openCategory } from 'reprise'
import type { BoundaryStore, EventStore } from 'reprise/adapter'
import { type Boundary, openBoundary } from 'reprise/boundary'
import { NonEmptyText } from 'reprise/codec'
import {
  enrolment,
  enrolmentCommands,
  type EnrolmentCommand,
  type EnrolmentEvent,
  leaveSeat,
  openCourse,
  takeSeat,
} from '../support/enrolment'
import { left, right } from '../support/right'
import { freshId, stores, type StoreUnderTest } from '../support/stores'
import { counted, overtaken } from '../support/watched-store'

type Store = EventStore & BoundaryStore

const desk = (store: Store, options: CategoryOptions = {}) =>
  openBoundary(enrolment, { store }, { retry: { firstBackoff: 0, maxBackoff: 0 }, ...options })

describe.each(stores)('a boundary, on %s', (_name, open) => {
  let opened: StoreUnderTest
  let store: Store
  beforeAll(async () => {
    opened = await open()
    store = opened.store
  })
  afterAll(() => opened.close())

  const withCourse = async (seats = 5): Promise<string> => {
    const course = freshId()
    await right(desk(opened.second).handleCommand(openCourse(course, seats)))
    return course
  }
  const matching = async (tag: string) =>
    (await right(store.readMatching([{ tags: [tag] }], { limit: 1_000 }))).events
  const studentsIn = async (course: string): Promise<ReadonlyArray<unknown>> =>
    (await matching(`course:${course}`)).flatMap(({ data }) => data['student'] ?? [])

  it('decides on the events that the query of the command asks for, and appends each to its home', async () => {
    const [course, student] = [await withCourse(1), freshId()]
    const taken = await right(desk(store).handleCommand(takeSeat(course, student)))
    expect(taken).toMatchObject({
      version: 2,
      state: {
        courses: { [course]: { seats: 1, students: [student] } },
        students: { [student]: 1 },
      },
      events: [{ streamId: `seat-${course}_${student}`, version: 1, event: { type: 'SeatTaken' } }],
    })
    const [, stored] = await matching(`course:${course}`)
    expect([stored?.id, stored?.position]).toEqual([taken.events[0]?.id, taken.events[0]?.position])
    expect(await matching(`student:${student}`)).toEqual([stored])

    const full = await left(desk(opened.second).handleCommand(takeSeat(course, freshId())))
    expect(full).toMatchObject({
      _tag: 'Rejected',
      streamId: 'enrolment',
      version: 2,
      rejection: 'CourseFull',
    })
    const nothing = await right(desk(opened.second).handleCommand(takeSeat(course, student)))
    expect(nothing).toEqual({ events: [], state: taken.state, version: 2 })
  })

  it('reads nothing for a decision on what it has in memory, and only what is new otherwise', async () => {
    const course = await withCourse(3)
    const { counts, store: counting } = counted(store)
    const first = desk(counting)
    const query = [{ tags: [`course:${course}`] }] as const
    await right(first.handleCommand(openCourse(freshId(), 1)))
    counts.reads = 0
    const [ada, alan] = [takeSeat(course, freshId()), takeSeat(course, freshId())]
    await right(first.handleCommand(ada))
    expect(counts).toMatchObject({ reads: 1, locked: 0 })
    await right(first.handleCommand({ ...ada, type: 'LeaveSeat' } as EnrolmentCommand))
    await right(first.handleCommand(ada))
    expect(counts).toMatchObject({ reads: 1, locked: 0 })
    await right(desk(opened.second).handleCommand(alan))
    await right(first.handleCommand({ ...ada, type: 'LeaveSeat' } as EnrolmentCommand))
    expect(counts.reads).toBe(2)
    const { state, version } = await right(first.load(query))
    expect(version).toBe(6)
    expect(state).toEqual((await right(desk(opened.second).load(query))).state)
  })

  it('decides again when another writer was faster, also when that was a plain append', async () => {
    const course = await withCourse(1)
    const notices: Notice[] = []
    const seats = openCategory(
      { ...enrolment, name: 'seat', tags: (event: EnrolmentEvent) => enrolment.tags(event) },
      { store: opened.second },
    )
    const plain = () => right(seats.handleCommand(freshId(), openCourse(course, 2)))
    const slow = desk(overtaken(store, 1, plain), { onNotice: (notice) => notices.push(notice) })
    const taken = await right(slow.handleCommand(takeSeat(course, 'ada')))
    expect(taken.state.courses[course]).toEqual({ seats: 2, students: ['ada'] })
    const [, changed] = await matching(`course:${course}`)
    expect(notices).toEqual([
      {
        _tag: 'BoundaryDecidedAgain',
        boundary: 'enrolment',
        position: changed?.position,
        attempts: 1,
      },
    ])
  })

  it('locks what it depends on after three lost rounds, and is then told by the rules', async () => {
    const course = await withCourse(4)
    const rival = () => right(desk(opened.second).handleCommand(takeSeat(course, freshId())))
    const { counts, store: counting } = counted(overtaken(store, 9, rival))
    const student = freshId()
    const taken = await right(desk(counting).handleCommand(takeSeat(course, student)))
    expect(counts).toMatchObject({ appends: 3, locked: 1 })
    expect(await studentsIn(course)).toHaveLength(4)
    expect(taken.state.courses[course]?.students.at(-1)).toBe(student)

    const small = await withCourse(3)
    const faster = () => right(desk(opened.second).handleCommand(takeSeat(small, freshId())))
    const late = await left(
      desk(overtaken(store, 9, faster)).handleCommand(takeSeat(small, freshId())),
    )
    expect(late).toMatchObject({ _tag: 'Rejected', rejection: 'CourseFull', version: 4 })
  })

  it('answers the conflict when the attempts are used up', async () => {
    const course = await withCourse(9)
    const rival = () => right(desk(opened.second).handleCommand(takeSeat(course, freshId())))
    const slow = desk(overtaken(store, 9, rival), { retry: { attempts: 2 } })
    const error = await left(slow.handleCommand(takeSeat(course, freshId())))
    expect(error).toMatchObject({ _tag: 'BoundaryConflict', attempts: 2 })
    expect(await studentsIn(course)).toHaveLength(2)
  })

  describe('a command with an id', () => {
    it('has its effect once, and is answered again as it was, whatever has come since', async () => {
      const [course, student] = [await withCourse(2), freshId()]
      const command = takeSeat(course, student)
      const once = { commandId: freshId() }
      const done = await right(desk(store).handleCommand(command, once))
      await right(desk(store).handleCommand(leaveSeat(course, student)))
      await right(desk(store).handleCommand(takeSeat(course, freshId())))
      await right(desk(store).handleCommand(takeSeat(course, freshId())))
      for (const again of [desk(opened.second), desk(store)]) {
        expect(await right(again.handleCommand(command, once))).toEqual(done)
      }
      expect(done.events[0]?.metadata).toMatchObject(once)
    })

    it('is remembered when there was nothing to do', async () => {
      const [course, student] = [await withCourse(2), freshId()]
      const once = { commandId: freshId() }
      const done = await right(desk(store).handleCommand(leaveSeat(course, student), once))
      await right(desk(store).handleCommand(takeSeat(course, student)))
      const again = desk(opened.second).handleCommand(leaveSeat(course, student), once)
      expect(await right(again)).toEqual(done)
      expect(await studentsIn(course)).toEqual([student])
    })

    it('is not handled when another one had its id', async () => {
      const [course, once] = [await withCourse(5), { commandId: freshId() }]
      await right(desk(store).handleCommand(takeSeat(course, 'ada'), once))
      const error = await left(desk(opened.second).handleCommand(takeSeat(course, 'alan'), once))
      expect(error).toMatchObject({ _tag: 'CommandIdReused', streamId: 'enrolment', ...once })
      expect(await studentsIn(course)).toEqual(['ada'])
    })

    it('has its effect once when it is sent ten times at once', async () => {
      const [course, once] = [await withCourse(5), { commandId: freshId() }]
      const command = takeSeat(course, freshId())
      const answers = await Promise.all(
        Array.from({ length: 10 }, (_, index) =>
          right(desk(index % 2 === 0 ? store : opened.second).handleCommand(command, once)),
        ),
      )
      for (const answer of answers) expect(answer).toEqual(answers[0])
      expect(await studentsIn(course)).toHaveLength(1)
    })
  })

  it('sells the last seat once, to whoever of twenty desks comes first', async () => {
    const [course, other] = [await withCourse(1), await withCourse(9)]
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        desk(index % 2 === 0 ? store : opened.second).handleCommand(
          index < 18 ? takeSeat(course, freshId()) : takeSeat(other, freshId()),
        )(),
      ),
    )
    const losers = answers.slice(0, 18).filter(either.isLeft)
    expect(losers).toHaveLength(17)
    for (const { left: error } of losers as ReadonlyArray<E.Left<unknown>>) {
      expect(error).toMatchObject({ _tag: 'Rejected', rejection: 'CourseFull' })
    }
    expect(await studentsIn(other)).toHaveLength(2)
  })

  it('lets commands of one process that share a tag take turns, and no others wait', async () => {
    const course = await withCourse(50)
    const { counts, store: counting } = counted(store)
    let release: () => void = () => undefined
    const blocked = new Promise<void>((resolve) => {
      release = resolve
    })
    const slow: Store = {
      ...counting,
      appendTogether: (request) => async () => {
        if (JSON.stringify(request).includes('"slow"')) await blocked
        return counting.appendTogether(request)()
      },
    }
    const one = desk(slow)
    const first = right(one.handleCommand(takeSeat(course, 'slow')))
    const others = Array.from({ length: 5 }, () =>
      right(one.handleCommand(takeSeat(course, freshId()))),
    )
    await right(one.handleCommand(openCourse(freshId())))
    release()
    await Promise.all([first, ...others])
    expect((await studentsIn(course))[0]).toBe('slow')
    expect(counts).toMatchObject({ appends: 7, locked: 0 })
  })

  describe('bad input is answered with a type, and nothing is stored', () => {
    const [course, student] = [freshId(), freshId()]
    type Change = Partial<Boundary<EnrolmentCommand, never, EnrolmentEvent, never>>
    const thrown = () => {
      throw new Error('broken')
    }
    const many = (count: number) =>
      Array.from({ length: count }, (_, index) => `${course}:${index}`)
    const cases: ReadonlyArray<readonly [string, Change, object]> = [
      ['a query without an item', { query: () => [] as never }, { _tag: 'InvalidQuery' }],
      ['an item without a tag', { query: () => [{ tags: [] as never }] }, { _tag: 'InvalidQuery' }],
      [
        'an item with 33 tags',
        { query: () => [{ tags: many(33) as never }] },
        { _tag: 'InvalidQuery' },
      ],
      [
        'a tag of 256 characters',
        { query: () => [{ tags: ['x'.repeat(256)] }] },
        { _tag: 'InvalidQuery' },
      ],
      [
        'a NUL in a tag of the query',
        { query: () => [{ tags: ['a\u0000b'] }] },
        { _tag: 'InvalidQuery' },
      ],
      ['a query that is none', { query: () => 'all' as never }, { _tag: 'InvalidQuery' }],
      ['a query that throws', { query: thrown }, { _tag: 'DeciderThrew', during: 'query' }],
      ['an event with 32 tags', { tags: () => many(32) }, { _tag: 'InvalidAppend' }],
      ['an event with 33 tags', { tags: () => many(33) }, { _tag: 'InvalidAppend' }],
      [
        'an event with a tag of 256 characters',
        { tags: () => ['x'.repeat(256)] },
        { _tag: 'InvalidAppend' },
      ],
      ['an event with a NUL in a tag', { tags: () => ['a\u0000b'] }, { _tag: 'InvalidAppend' }],
      ['tags that throw', { tags: thrown }, { _tag: 'DeciderThrew', during: 'tags' }],
      ['tags that are none', { tags: () => 7 as never }, { _tag: 'DeciderThrew', during: 'tags' }],
      ['a home that throws', { home: thrown }, { _tag: 'DeciderThrew', during: 'home' }],
      ['a home that is no stream', { home: () => 'nowhere' }, { _tag: 'InvalidStreamId' }],
      ['a home that is undefined', { home: () => undefined as never }, { _tag: 'InvalidStreamId' }],
      ['a home with a NUL', { home: () => 'seat-a\u0000b' }, { _tag: 'InvalidStreamId' }],
    ]
    it.each(cases)('%s', async (_what, change, error) => {
      const broken = openBoundary(
        { ...enrolment, name: `${enrolment.name} ${course}`, ...change } as typeof enrolment,
        { store },
      )
      const highest = (await right(store.readAll({ after: 0, limit: 1 }))).highest
      const commandId = freshId()
      const command = openCourse(course)
      expect(await left(broken.handleCommand(command, { commandId }))).toMatchObject(error)
      expect((await right(store.readAll({ after: 0, limit: 1 }))).highest).toBe(highest)
      // Nothing was remembered under its id either.
      const sound = openBoundary({ ...enrolment, name: `${enrolment.name} ${course}` }, { store })
      const another = await right(sound.handleCommand(openCourse(freshId()), { commandId }))
      expect(another.events).toHaveLength(1)
    })
    it('a command that does not match its codec, and a load without a query', async () => {
      expect(
        await left(desk(store).handle({ type: 'TakeSeat', course, student: 3 })),
      ).toMatchObject({
        _tag: 'InvalidCommand',
      })
      expect(await left(desk(store).load([] as never))).toMatchObject({ _tag: 'InvalidQuery' })
      const metadata = new Proxy({}, { ownKeys: thrown })
      expect(
        await left(desk(store).handleCommand(takeSeat(course, student), { metadata })),
      ).toMatchObject({ _tag: 'InvalidAppend' })
    })
  })

  it('stores events of several homes in the order of these, and its state is what a reload gives', async () => {
    const steps = events({ Step: { at: NonEmptyText, to: NonEmptyText } })
    const tag = freshId()
    const walk: Boundary<
      EnrolmentCommand,
      string,
      { type: 'Step'; at: string; to: string },
      never
    > = {
      name: 'walk',
      commands: enrolmentCommands,
      events: steps,
      decider: {
        initialState: '',
        decide: () =>
          accept(
            { type: 'Step', at: 'b', to: '1' },
            { type: 'Step', at: 'hidden', to: '2' },
            { type: 'Step', at: 'a', to: '3' },
            { type: 'Step', at: 'b', to: '4' },
          ),
        evolve: (state, { to }) => state + to,
      },
      query: () => [{ tags: [tag] }],
      tags: ({ at }) => (at === 'hidden' ? [] : [tag]),
      home: ({ at }) => `walk-${at}${tag}`,
    }
    const walked = openBoundary(walk, { store })
    const once = { commandId: freshId() }
    const done = await right(walked.handleCommand(openCourse('c'), once))
    expect(done.events.map(({ event }) => event.to)).toEqual(['3', '1', '4', '2'])
    expect(done).toMatchObject({ state: '314', version: 3 })
    expect(await right(walked.load([{ tags: [tag] }]))).toEqual({ state: '314', version: 3 })
    const other = openBoundary(walk, { store: opened.second })
    expect(await right(other.load([{ tags: [tag] }]))).toEqual({ state: '314', version: 3 })
    expect(await right(other.handleCommand(openCourse('c'), once))).toEqual(done)
    expect((await right(walked.handleCommand(openCourse('c')))).state).toBe('314314')
  })

  it('keeps what callers do to its states and to their own values to themselves', async () => {
    const [course, ada, alan] = [await withCourse(3), freshId(), freshId()]
    const one = desk(store)
    const command = { ...takeSeat(course, ada) }
    const answer = one.handleCommand(command)()
    Object.assign(command, { student: 'mallory' })
    const done = await answer
    const state = (done as E.Right<{ state: Record<string, unknown> }>).right.state
    state['courses'] = {}
    expect(await studentsIn(course)).toEqual([ada])
    const next = await right(one.handleCommand(takeSeat(course, alan)))
    expect(next.state.courses[course]?.students).toEqual([ada, alan])
  })
})
