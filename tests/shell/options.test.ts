import * as TE from 'fp-ts/TaskEither'
import {
  type Backend,
  everyNEvents,
  fromStart,
  openCategory,
  parkAfter,
  parkAfterTime,
  runSubscription,
  untilReached,
} from 'reprise'
import { idSource } from 'reprise/adapter'
import { memory } from 'reprise/memory'
import { postgres } from 'reprise/postgres'
import { countUpToOf, defaultThresholds, thresholdsOf } from '../../src/core/operator/finding'
import { poisonSetting } from '../../src/core/poison'
import { keepingTime } from '../../src/core/projection-build'
import { retryOf, withDefaults } from '../../src/shell/category/settings'
import { settingsOf } from '../../src/shell/subscription/definition'
import { defaultLimits, limitsOf } from '../../src/core/limits'
import { add, counter } from '../support/counter'
import { left, right } from '../support/right'
import { type MigratedDatabase, migratedDatabase } from '../support/postgres'
import { running } from '../support/running'
import { freshId } from '../support/stores'

/** The same options, each of them given as `undefined`. */
const undefinedOf = (names: ReadonlyArray<string>): object =>
  Object.fromEntries(names.map((name) => [name, undefined]))

const plain = (value: object) => JSON.parse(JSON.stringify(value)) as unknown

describe('an option that is given as undefined has its default', () => {
  const { store } = memory()

  it('of a category', () => {
    const defaults = withDefaults(store, {})
    const given = withDefaults(store, undefinedOf(Object.keys(defaults)))
    expect(Object.keys(given)).toEqual(Object.keys(defaults))
    expect(plain(given)).toEqual(plain(defaults))
    // No option, and undefined where the backend reports to no one.
    const { onHandled: _, ...options } = given
    for (const value of Object.values(options)) expect(value).not.toBeUndefined()
  })

  it('of its retries', () => {
    const retry = undefinedOf(['attempts', 'firstBackoff', 'maxBackoff'])
    expect(retryOf(retry)).toEqual(retryOf({}))
    expect(withDefaults(store, { retry })).toMatchObject({ retry: retryOf({}) })
  })

  it('of a subscription, a projection and a process manager', () => {
    const defaults = settingsOf({ name: 'a' }, undefined)
    const given = settingsOf({ ...undefinedOf(Object.keys(defaults)), name: 'a' }, undefined)
    expect(plain(given)).toEqual(plain(defaults))
  })

  it('of the limits', async () => {
    const limits = undefinedOf(Object.keys(defaultLimits))
    expect(limitsOf(limits)).toEqual(defaultLimits)
    const counters = openCategory(counter, memory({ limits }))
    const note = { type: 'Note', text: 'x'.repeat(2_000_000) } as const
    expect(await left(counters.handleCommand(freshId(), note))).toMatchObject({
      _tag: 'LimitExceeded',
    })
  })

  it('of a command, and of a whole backend or category', async () => {
    const backend = memory(undefinedOf(['limits', 'now', 'inline', 'lineage', 'operator']))
    const counters = openCategory(counter, backend, undefined)
    const options = undefinedOf(['commandId', 'expectedVersion', 'metadata'])
    expect(await right(counters.handleCommand(freshId(), add(1), options))).toMatchObject({
      version: 1,
    })
    expect(await right(counters.handleCommand(freshId(), add(1), undefined))).toMatchObject({
      version: 1,
    })
  })
})

const DAYS = 2_147_483_647 // what a timer takes at most: longer ones end at once
const MILLION = 1_000_000

/** Where a setting comes from, what it is without being given, and its range. */
type Row = readonly [
  name: string,
  of: (given: number) => unknown,
  standard: number,
  least: number,
  most: number,
]

const { store } = memory()
const retries = (given: object) => withDefaults(store, { retry: given }).retry
const runs = (given: object) => settingsOf({ name: 'a', ...given }, undefined)
const poison = (given: object) => poisonSetting({ ...parkAfter(3), ...given })

const rows: ReadonlyArray<Row> = [
  [
    'cachedStates',
    (cachedStates) => withDefaults(store, { cachedStates }).cachedStates,
    10_000,
    0,
    MILLION,
  ],
  [
    'cachedStatesSize',
    (cachedStatesSize) => withDefaults(store, { cachedStatesSize }).cachedStatesSize,
    67_108_864,
    0,
    Number.MAX_SAFE_INTEGER,
  ],
  ['pageSize', (pageSize) => withDefaults(store, { pageSize }).pageSize, 1_000, 1, MILLION],
  [
    'queueDepth',
    (queueDepth) => withDefaults(store, { queueDepth }).queueDepth,
    10_000,
    1,
    Infinity,
  ],
  [
    'retryOutagesFor',
    (retryOutagesFor) => withDefaults(store, { retryOutagesFor }).retryOutagesFor,
    0,
    0,
    Infinity,
  ],
  ['retry.attempts', (attempts) => retries({ attempts }).attempts, 10, 1, Infinity],
  ['retry.firstBackoff', (firstBackoff) => retries({ firstBackoff }).firstBackoff, 4, 0, DAYS],
  ['retry.maxBackoff', (maxBackoff) => retries({ maxBackoff }).maxBackoff, 250, 0, DAYS],
  [
    'limits.eventsPerAppend',
    (eventsPerAppend) => limitsOf({ eventsPerAppend }).eventsPerAppend,
    10_000,
    1,
    Infinity,
  ],
  ['limits.eventSize', (eventSize) => limitsOf({ eventSize }).eventSize, 1_048_576, 1, Infinity],
  [
    'limits.appendSize',
    (appendSize) => limitsOf({ appendSize }).appendSize,
    33_554_432,
    1,
    Infinity,
  ],
  ['partitions', (partitions) => runs({ partitions }).partitions, 1, 1, 1_024],
  ['batchSize', (batchSize) => runs({ batchSize }).batchSize, 1_000, 1, MILLION],
  ['batchTime', (batchTime) => runs({ batchTime }).batchTime, 500, 1, DAYS],
  ['handlerTimeout', (handlerTimeout) => runs({ handlerTimeout }).handlerTimeout, 60_000, 1, DAYS],
  ['stopTimeout', (stopTimeout) => runs({ stopTimeout }).stopTimeout, 20_000, 0, DAYS],
  ['leaseDuration', (leaseDuration) => runs({ leaseDuration }).leaseDuration, 6_000, 1, DAYS],
  ['minPollInterval', (minPollInterval) => runs({ minPollInterval }).minPollInterval, 10, 1, DAYS],
  [
    'maxPollInterval',
    (maxPollInterval) => runs({ maxPollInterval }).maxPollInterval,
    1_000,
    1,
    DAYS,
  ],
  ['poison.attempts', (attempts) => poison({ attempts }).attempts, 1, 1, Infinity],
  // Left out it is 0, and the attempts are the budget.
  [
    'poison.retryFor',
    (retryFor: number | undefined) => poison({ retryFor: retryFor ?? NaN }).retryFor,
    600_000,
    0,
    Infinity,
  ],
  ['poison.firstBackoff', (firstBackoff) => poison({ firstBackoff }).firstBackoff, 100, 0, DAYS],
  ['poison.maxBackoff', (maxBackoff) => poison({ maxBackoff }).maxBackoff, 30_000, 0, DAYS],
  ['keepOldBuild', keepingTime, 86_400_000, 0, 3_155_760_000_000],
  ['countUpTo', countUpToOf, 100_000, 1, MILLION],
  ...Object.entries(defaultThresholds).map(([name, standard]: [string, number]): Row => [
    `thresholds.${name}`,
    (given) => thresholdsOf({ [name]: given })[name as keyof typeof defaultThresholds],
    standard,
    0,
    Infinity,
  ]),
  [
    'everyNEvents',
    (events) => (everyNEvents(events) as { readonly events: number }).events,
    1,
    1,
    Infinity,
  ],
]

const noNumbers = [undefined, NaN, null, '7', '', true, {}, 7n].map((given) => given as number)

describe('a number that is not valid', () => {
  it.each(rows)('%s, is never rejected, but made valid', (_name, of, standard, least, most) => {
    for (const given of noNumbers) expect(of(given)).toBe(standard)
    expect(of(-1)).toBe(least)
    expect(of(-Infinity)).toBe(least)
    expect(of(0)).toBe(least)
    expect(of(least + 0.5)).toBe(least)
    expect(of(least)).toBe(least)
    expect(of(7.9)).toBe(7)
    expect(of(most)).toBe(most)
    expect(of(Infinity)).toBe(most)
  })

  it('in a poison policy, of attempts, is not taken for no budget at all', () => {
    expect(poisonSetting(parkAfter(NaN))).toMatchObject({ attempts: 1, retryFor: 600_000 })
    expect(poisonSetting(parkAfterTime(NaN))).toMatchObject({ attempts: 1, retryFor: 600_000 })
    expect(poisonSetting(parkAfter(3))).toMatchObject({ attempts: 3, retryFor: 0 })
    expect(poisonSetting(undefined)).toEqual(parkAfterTime(600_000))
  })

  it('of a source of ids keeps them increasing', () => {
    for (const maximumDrift of noNumbers) {
      const ids = idSource({ maximumDrift })
      const far = idSource({ now: () => Date.now() + 3_600_000 }).next()
      expect(ids.observe(far)).toMatchObject({ _tag: 'Left' })
      expect(ids.next() < ids.next()).toBe(true)
    }
  })
})

/** Every key of these, with one value. */
const all = (names: ReadonlyArray<string>, given: unknown): object =>
  Object.fromEntries(names.map((name) => [name, given]))

const odd = [NaN, -1, 0, 0.5, Infinity, -Infinity, 'many', null, undefined] as const
const categoryKeys = Object.keys(withDefaults(store, {})).filter(
  (name) => !['store', 'ids', 'retry', 'wait', 'queueDepth'].includes(name),
)
const runKeys = Object.keys(settingsOf({ name: 'a' }, undefined)).filter(
  (name) => !['name', 'from', 'types', 'categories', 'tags', 'poison'].includes(name),
)

describe('a category', () => {
  it.each(odd)('of whose settings each is %p handles commands', async (given) => {
    const retry = all(['attempts', 'firstBackoff', 'maxBackoff'], given)
    const counters = openCategory(counter, memory(), { ...all(categoryKeys, given), retry })
    const id = freshId()
    for (let version = 1; version <= 3; version++) {
      expect(await right(counters.handleCommand(id, add(1)))).toMatchObject({ version })
    }
    expect(await right(counters.load(id))).toMatchObject({ state: { total: 3 } })
  })
})

describe.each(['memory', 'PostgreSQL'])('a backend in %s', (kind) => {
  let database: MigratedDatabase<unknown>
  let db: ReturnType<typeof database.connect>
  beforeAll(async () => {
    if (kind === 'memory') return
    database = await migratedDatabase()
    db = database.connect()
  })
  afterAll(() => (kind === 'memory' ? undefined : database.close()))

  const backendWith = (given: unknown): Backend<unknown> => {
    const operator = {
      countUpTo: given as number,
      thresholds: all(Object.keys(defaultThresholds), given),
    }
    const backend: unknown =
      kind === 'memory'
        ? memory({ operator })
        : postgres(db, {
            operator,
            idleInTransactionTimeout: given as number,
            // A statement takes longer than the least.
            ...(typeof given === 'number' && given < 1
              ? {}
              : { statementTimeout: given as number }),
          })
    return backend as Backend<unknown>
  }

  it.each([NaN, 0, Infinity, 'many'])(
    'and a subscription, of whose settings each is %p, work',
    async (given) => {
      const backend = backendWith(given)
      const [counters, id, name] = [openCategory(counter, backend), freshId(), freshId()]
      // Nothing is handled in the least of these times.
      const least = { handlerTimeout: 1_000, leaseDuration: 3_000 }
      // And nothing is looked for again after the longest; a thousand partitions are too much for this test.
      const most = { minPollInterval: 10, maxPollInterval: 100, partitions: 2 }
      const settings =
        given === Infinity ? most : typeof given === 'number' && given < 1 ? least : {}
      const run = running((signal) =>
        runSubscription({
          ...all(runKeys, given),
          ...settings,
          poison: { ...parkAfter(1), ...all(['attempts', 'firstBackoff', 'maxBackoff'], given) },
          name,
          from: fromStart,
          events: counter.events,
          handle: () => TE.right(undefined),
        })(backend, { signal }),
      )
      const { events } = await right(counters.handleCommand(id, add(1)))
      const position = events[0]?.position ?? 0
      expect(await right(untilReached(name, position, 20_000)(backend))).toBeGreaterThanOrEqual(
        position,
      )
      expect(await right(untilReached(name, position, Infinity)(backend))).toBeGreaterThan(0)
      expect(await run.stop()).toMatchObject({ _tag: 'Right' })
      const findings = await right(backend.operator.examine())
      expect(findings.filter(({ level }) => level === 'problem')).toEqual([])
      await backend.close()
    },
  )

  it('is waited for, up to any time, and not at all without a time', async () => {
    const backend = backendWith(undefined)
    const name = freshId()
    for (const timeout of [NaN, -1, '9' as unknown as number]) {
      expect(await left(untilReached(name, 1, timeout)(backend))).toMatchObject({
        _tag: 'NotReachedYet',
      })
    }
    await backend.close()
  })
})
