import * as E from 'fp-ts/Either'
import { type CategoryOptions, openCategory } from 'reprise'
import { type EventStore, idSource, versionConflict } from 'reprise/adapter'
import { memory } from 'reprise/memory'
import { add, counter } from '../support/counter'
import { freshId } from '../support/stores'

const boom = new Error('thrown')
const thrower = (): never => {
  throw boom
}

/** What a category is opened with, for as long as `faulty` says so. */
interface Seam {
  readonly faulty: () => boolean
  readonly store: EventStore
}
interface Opened {
  readonly category?: typeof counter
  readonly store?: EventStore
  readonly options?: CategoryOptions
}

const real = idSource()
const { decider, events, commands, snapshots } = counter
const failing =
  <Arguments extends ReadonlyArray<unknown>, Result>(
    { faulty }: Seam,
    run: (...args: Arguments) => Result,
    fault: () => Result = thrower,
  ) =>
  (...args: Arguments): Result =>
    faulty() ? fault() : run(...args)

const conflicting = ({ store, faulty }: Seam): EventStore => ({
  ...store,
  append: (request) =>
    faulty()
      ? () => Promise.resolve(E.left(versionConflict(request.streamId, request.expectedVersion, 7)))
      : store.append(request),
})

const seams: ReadonlyArray<readonly [string, (seam: Seam) => Opened]> = [
  [
    'append throws',
    (seam) => ({ store: { ...seam.store, append: failing(seam, seam.store.append) } }),
  ],
  [
    'the task of append throws',
    (seam) => ({
      store: { ...seam.store, append: (request) => failing(seam, seam.store.append(request)) },
    }),
  ],
  [
    'append rejects',
    (seam) => ({
      store: {
        ...seam.store,
        append: (request) => failing(seam, seam.store.append(request), () => Promise.reject(boom)),
      },
    }),
  ],
  [
    'append answers nothing',
    (seam) => ({
      store: {
        ...seam.store,
        append: (request) =>
          failing(seam, seam.store.append(request), () => Promise.resolve(undefined as never)),
      },
    }),
  ],
  ['load throws', (seam) => ({ store: { ...seam.store, load: failing(seam, seam.store.load) } })],
  [
    'load rejects',
    (seam) => ({
      store: {
        ...seam.store,
        load: (request) => failing(seam, seam.store.load(request), () => Promise.reject(boom)),
      },
    }),
  ],
  [
    'the source of ids throws',
    (seam) => ({ options: { ids: { ...real, next: failing(seam, real.next) } } }),
  ],
  [
    'ids cannot be observed',
    (seam) => ({ options: { ids: { ...real, observe: failing(seam, real.observe) } } }),
  ],
  [
    'random throws after a conflict',
    (seam) => ({ store: conflicting(seam), options: { random: failing(seam, () => 0) } }),
  ],
  [
    'wait throws after a conflict',
    (seam) => ({
      store: conflicting(seam),
      options: { wait: failing(seam, () => Promise.resolve()) },
    }),
  ],
  [
    'wait rejects after a conflict',
    (seam) => ({
      store: conflicting(seam),
      options: {
        wait: failing(
          seam,
          () => Promise.resolve(),
          () => Promise.reject(boom),
        ),
      },
    }),
  ],
  [
    'onNotice throws',
    (seam) => ({
      store: conflicting(seam),
      options: { onNotice: thrower, wait: () => Promise.resolve() },
    }),
  ],
  [
    'decide throws',
    (seam) => ({
      category: { ...counter, decider: { ...decider, decide: failing(seam, decider.decide) } },
    }),
  ],
  [
    'evolve throws',
    (seam) => ({
      category: { ...counter, decider: { ...decider, evolve: failing(seam, decider.evolve) } },
    }),
  ],
  [
    'the codec of commands throws',
    (seam) => ({
      category: { ...counter, commands: { ...commands, decode: failing(seam, commands.decode) } },
    }),
  ],
  [
    'the codec of events throws',
    (seam) => ({
      category: {
        ...counter,
        events: {
          ...events,
          encode: failing(seam, events.encode),
          decode: failing(seam, events.decode),
          roundTrip: undefined as never,
        },
      },
    }),
  ],
  [
    'the codec of snapshots throws, and their policy',
    (seam) => ({
      category: {
        ...counter,
        snapshots: {
          policy: thrower as never,
          state: {
            ...snapshots!.state,
            encode: failing(seam, snapshots!.state.encode),
            decode: failing(seam, snapshots!.state.decode),
          },
        },
      },
    }),
  ],
]

describe('whatever throws while commands are handled', () => {
  it.each(seams)(
    'every command has an answer, and so has the next one: %s',
    async (_name, seam) => {
      const { store } = memory()
      let faulty = false
      const opened = seam({ faulty: () => faulty, store })
      const counters = openCategory(
        opened.category ?? counter,
        { store: opened.store ?? store },
        { retry: { attempts: 3, firstBackoff: 1, maxBackoff: 1 }, ...opened.options },
      )
      const [id, other] = [freshId(), freshId()]
      expect(await counters.handleCommand(id, add(1))()).toMatchObject({ _tag: 'Right' })
      const before = await store.read(`counter-${id}`, { after: 0, limit: 99 })()
      faulty = true
      for (const stream of [id, other, id, id]) {
        const answers = await Promise.all([
          ...[add(1), add(2), add(3)].map((command) => counters.handleCommand(stream, command)()),
          counters.handleCommand(stream, add(4), { commandId: freshId() })(),
          counters.handleCommand(stream, add(5), { expectedVersion: 'any' })(),
        ])
        expect(answers).toHaveLength(5)
        for (const answer of answers) expect(['Left', 'Right']).toContain(answer._tag)
        await counters
          .load(stream)()
          .catch(() => undefined)
        await counters.snapshotsSettled()
      }
      faulty = false
      expect(before).toMatchObject({ _tag: 'Right' })
      for (const stream of [id, other]) {
        const answers = await Promise.all(
          [add(1), add(2), add(3)].map((command) => counters.handleCommand(stream, command)()),
        )
        for (const answer of answers) expect(answer).toMatchObject({ _tag: 'Right' })
        const now = await counters.load(stream)()
        expect(now).toMatchObject({
          right: { version: E.isRight(answers[2]!) ? answers[2].right.version : -1 },
        })
      }
    },
  )
})
