import { isDeepStrictEqual } from 'node:util'
import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import * as TE from 'fp-ts/TaskEither'
import * as t from 'io-ts'
import { type Category, openCategory } from 'reprise'
import { commandCodec, eventCodec, eventType } from 'reprise/codec'
import {
  type AppendRequest,
  type Backend,
  type BoundaryQuery,
  type BoundaryStore,
  type DueTime,
  type EventStore,
  type ExpectedVersion,
  jsonIssue,
  type NewEvent,
} from 'reprise/adapter'
import {
  type Client,
  describeViolation,
  examineStore,
  type OpenForProof,
  type Random,
  seededRandom,
} from 'reprise/testing'
import { type HostileValues, hostileValues } from './hostile-values'

/** What has become of hostile inputs. */
export interface HostileReport {
  readonly seed: number
  readonly inputs: number
  /** Calls that were answered with a typed error. */
  readonly refused: number
  /** How many values were stored, and read back the same. */
  readonly readBack: number
  /** Operations of the clients that worked on the store beside all that. */
  readonly operations: number
  /** What was thrown, answered without a type, or read back otherwise; and broken promises. */
  readonly problems: ReadonlyArray<string>
}

type Call = () => TaskEither<unknown, unknown>

/** A backend whose store takes appends to several streams. */
export type WithBoundaries<Transaction> = Backend<Transaction> & {
  readonly store: EventStore & BoundaryStore
}

const STREAM = 'hostile-one'
/** Units are appended to this one, too. */
const BESIDE = 'hostile-two'
const SUBSCRIPTION = 'hostile'
const OPERATED = 'hostile-operated'
const DOCUMENTS = 'hostile-documents'
const PROCESS = 'hostile-process'
const FILTERS = ['hostile-none']
/** How long an answer may take, in milliseconds. */
const PATIENCE = 30_000

const Sent = t.type({ type: t.literal('Sent'), data: t.unknown })
type Sent = t.TypeOf<typeof Sent>

/** Stores whatever it is sent, and looks at none of it. */
const anything: Category<Sent, unknown, Sent, never> = {
  name: 'hostile',
  decider: {
    initialState: null,
    decide: (command) => E.right([command]),
    evolve: (_, { data }) => data,
  },
  commands: commandCodec<Sent>({ Sent }),
  events: eventCodec<Sent>({ Sent: eventType(Sent) }),
}

const problemOf = (failure: unknown): string | undefined => {
  const { _tag, message, reason, outcome } = (failure ?? {}) as Record<string, unknown>
  if (typeof _tag !== 'string' || typeof message !== 'string') return 'an error without a tag'
  if (_tag !== 'StoreFailed') return undefined
  if (reason === 'Unexpected') return message
  return outcome === 'unknown' ? `the outcome of a refused input is unknown: ${message}` : undefined
}

const shown = (value: unknown): string => {
  try {
    return JSON.stringify(value).slice(0, 300)
  } catch {
    return 'a value that cannot be shown'
  }
}

/** Looks at a value as the recorder would: some may not be looked at. */
const isStorable = (value: unknown): boolean => {
  try {
    return isSteady(value) && jsonIssue(value) === undefined
  } catch {
    return false
  }
}

/** The recorder takes what the types allow. */
const isRecorded = (event: NewEvent): boolean =>
  isStorable(event) &&
  [event.data, event.metadata].every((one) => !Array.isArray(one) && Object(one) === one)

/** It is the same whenever it is looked at. */
const isSteady = (value: unknown): boolean => isDeepStrictEqual(asStored(value), asStored(value))

const asStored = (value: unknown): unknown =>
  value === undefined ? null : JSON.parse(JSON.stringify(value))

/** Calls of every port, with sound and hostile arguments mixed. Each has a name for the report. */
const callsOf = <Transaction>(
  backend: WithBoundaries<Transaction>,
  { text, number, json, object, mostly }: HostileValues,
  random: Random,
) => {
  const { store, subscriptions, documents, outbox, operator } = backend
  const name = (sound: string) => mostly(sound, text)
  const count = (sound = 10) => mostly(sound, number)
  /** Never the name of a collection: what is read by the name of a projection is that of its build. */
  const projection = () => `projection ${name('one')}`
  const filter = () => ({
    ...(random.chance(0.3) ? { categories: [name('hostile'), text()] } : {}),
    ...(random.chance(0.3) ? { types: [name('Sent')] } : {}),
  })
  const range = () => ({ after: count(0), limit: count() })
  const keyRange = () => ({
    after: name(''),
    limit: count(),
    ...(random.chance(0.3) ? { where: mostly({ a: 1 }, object) } : {}),
  })
  const listRange = () => ({
    ...{ index: name('byText'), low: name(''), high: name('~'), limit: count() },
    order: random.pick(['ascending', 'descending'] as const),
    ...(random.chance(0.3) ? { after: { sortKey: text(), key: name('key') } } : {}),
  })
  const failure = () => ({
    message: name('failed'),
    ...(random.chance(0.3) ? { stack: text() } : {}),
    ...(random.chance(0.3) ? { position: count(1) } : {}),
  })
  const sight = () => ({ after: count(0), count: count(0) })
  const query = () =>
    mostly(
      [{ tags: [name('tag'), ...(random.chance(0.3) ? [text()] : [])], types: [name('Sent')] }],
      () => [object()] as never,
    ) as unknown as BoundaryQuery
  const lease = () => ({ subscription: name(SUBSCRIPTION), partition: count(0), token: count(1) })
  const build = () => ({ version: count(1), build: count(1), collection: name(DOCUMENTS) })
  const stream = () => ({
    ...{ streamId: name(STREAM), version: count(1), position: count(1), attempts: count(1) },
    ...{ eventId: mostly(random.uuid(), text), type: name('Sent'), failure: failure() },
  })
  const holding = () =>
    random.chance(0.5)
      ? ({ _tag: 'Hold', stream: stream(), retryAfter: count(1) } as const)
      : ({ _tag: 'Release', streamId: name(STREAM) } as const)
  const progress = () => ({
    ...{ lease: lease(), after: count(0), position: count(1) },
    ...(random.chance(0.3) ? { lineage: text() } : {}),
    ...(random.chance(0.5) ? { holding: holding() } : {}),
  })
  const owners = random.pick(['refuse', 'fenceOff'] as const)
  const command = () => ({
    ...{ process: name(PROCESS), key: name('key'), id: mostly(random.uuid(), text) },
    ...{ command: json(), metadata: mostly({}, object) },
  })
  const due = () =>
    random.pick<DueTime>([
      { _tag: 'Now' },
      { _tag: 'After', timer: name('timer'), delay: count(0) },
      { _tag: 'At', timer: name('timer'), time: count(0) },
    ])

  /** In a transaction of its own, which is committed if the call succeeds. */
  const inStep =
    (call: (transaction: Transaction) => TaskEither<unknown, unknown>): Call =>
    () =>
    async () => {
      const claim = await subscriptions.claim(SUBSCRIPTION, 'one', 60_000)()
      const [held] = E.isRight(claim) ? claim.right.leases : []
      if (held === undefined) return E.left({ _tag: 'NoLease', message: 'there was no lease' })
      let answer: E.Either<unknown, unknown> = E.right(undefined)
      const committed = await subscriptions.commit(
        { lease: held, after: held.position },
        (transaction) => async () => {
          answer = await call(transaction)()
          if (E.isRight(answer)) return E.right({ position: held.position })
          return E.left({
            _tag: 'HandlerFailed',
            subscription: SUBSCRIPTION,
            position: 0,
            cause: answer.left,
            message: 'refused',
          })
        },
      )()
      return E.isLeft(answer) ? answer : committed
    }
  const inDocuments = (call: (to: typeof documents | Inside) => TaskEither<unknown, unknown>) =>
    random.chance(0.5)
      ? () => call(documents)
      : inStep((transaction) => call(documents.inTransaction(transaction)))
  type Inside = ReturnType<typeof documents.inTransaction>

  const calls: Readonly<Record<string, () => Call>> = {
    load: () => () =>
      store.load({
        ...{ streamId: name(STREAM), after: count(0), limit: count() },
        ...(random.chance(0.5) ? { snapshotSchema: count(1) } : {}),
        ...(random.chance(0.5) ? { commandId: text() } : {}),
      }),
    read: () => () => store.read(name(STREAM), range()),
    readMatching: () => () =>
      store.readMatching(query(), {
        ...(random.chance(0.3) ? { sight: sight() } : {}),
        limit: mostly(10, number),
      }),
    'appendTogether on a hostile condition': () => () =>
      store.appendTogether({
        streams: [{ streamId: STREAM, expectedVersion: 'any', events: [], commands: [] }],
        condition: mostly({ query: query(), sight: sight() }, object),
      }),
    readAll: () => () => store.readAll({ ...range(), ...filter() }),
    streams: () => () =>
      store.streams({
        ...{ after: name(''), limit: count() },
        ...(random.chance(0.5) ? { category: name('hostile') } : {}),
      }),
    saveSnapshot: () => () =>
      store.saveSnapshot({
        ...{ streamId: name(STREAM), version: count(1), schemaVersion: count(1), state: json() },
      }),
    register: () => () =>
      subscriptions.register({
        ...{ name: text(), partitions: count(2), position: count(0), ...filter() },
      }),
    claim: () => () =>
      subscriptions.claim(text(), name('two'), count(1_000), {
        filter: filter(),
        partitions: [{ partition: count(0), busyFor: count(1), trouble: failure() }],
      }),
    'claim for one more': () => () => subscriptions.claim(OPERATED, text(), count(1)),
    prolong: () => () => subscriptions.prolong(lease(), count(1_000)),
    release: () => () => subscriptions.release({ ...lease(), subscription: text() }),
    leave: () => () => subscriptions.leave(text(), name('two')),
    save: () => () => subscriptions.save(progress()),
    commit: () => () => {
      const { lease: of, after, ...end } = progress()
      return subscriptions.commit({ lease: of, after }, () => TE.right(end))
    },
    noteAttempt: () => () => subscriptions.noteAttempt(lease(), name('what')),
    forgetAttempts: () => () => subscriptions.forgetAttempts(lease()),
    stop: () => () => subscriptions.stop({ ...lease(), subscription: text() }, failure()),
    heldStreams: () => () => subscriptions.heldStreams(lease()),
    dueStreams: () => () => subscriptions.dueStreams(lease()),
    'retryUndecodable streams': () => () => subscriptions.retryUndecodable(lease()),
    reached: () => () => subscriptions.reached(text()),
    arrival: () => () => subscriptions.arrival(name(OPERATED), count(1), name(STREAM)),
    'remove a subscription': () => () => subscriptions.remove(text()),
    get: () => inDocuments((to) => to.get(name(DOCUMENTS), name('key'))),
    getMany: () => inDocuments((to) => to.getMany(name(DOCUMENTS), [name('key'), text()])),
    all: () => inDocuments((to) => to.all(name(DOCUMENTS), keyRange())),
    list: () => inDocuments((to) => to.list(name(DOCUMENTS), listRange())),
    listOfVersion: () => () => documents.listOfVersion(name(DOCUMENTS), count(1), listRange()),
    delete: () => inDocuments((to) => to.delete(name(DOCUMENTS), text())),
    write: () =>
      inDocuments((to) =>
        to.write(name(DOCUMENTS), [
          { key: text(), value: json(), places: { [name('byText')]: text() } },
          { key: name('key') },
        ]),
      ),
    putIfNewer: () =>
      inDocuments((to) => to.putIfNewer(name(DOCUMENTS), name('key'), json(), count(1))),
    lock: () =>
      inStep((transaction) =>
        documents.inTransaction(transaction).lock(name(DOCUMENTS), [name('key'), text()]),
      ),
    active: () => () => documents.active(text()),
    getManyOfVersion: () => () =>
      documents.getManyOfVersion(name(DOCUMENTS), count(1), [name('key'), text()]),
    allOfVersion: () => () => documents.allOfVersion(name(DOCUMENTS), count(1), keyRange()),
    begin: () => () => documents.begin(projection(), count(1)),
    join: () => () => documents.join(projection(), count(1)),
    activate: () => () => documents.activate(projection(), build(), count(1)),
    rollBack: () => () => documents.rollBack(projection(), build()),
    builds: () => () => documents.builds(text()),
    abandon: () => () => documents.abandon(projection(), build()),
    sweep: () => () => documents.sweep(projection(), count()),
    clear: () => () => documents.clear(text(), count()),
    cancel: () =>
      inStep((transaction) =>
        outbox.inTransaction(transaction).cancel(name(PROCESS), name('key'), name('timer')),
      ),
    cancelAll: () =>
      inStep((transaction) => outbox.inTransaction(transaction).cancelAll(text(), name('key'))),
    done: () =>
      inStep((transaction) =>
        outbox.inTransaction(transaction).done(name(PROCESS), [random.uuid(), text()]),
      ),
    failed: () =>
      inStep((transaction) =>
        outbox.inTransaction(transaction).failed({
          ...{ process: name(PROCESS), id: mostly(random.uuid(), text), attempts: count(1) },
          ...{ failure: failure(), retryAfter: count(1) },
        }),
      ),
    rejected: () =>
      inStep((transaction) => outbox.inTransaction(transaction).rejected(name(PROCESS), count(1))),
    add: () => inStep((transaction) => outbox.inTransaction(transaction).add(command(), due())),
    takeDue: () => () => outbox.takeDue(name(PROCESS), count()),
    'retryUndecodable commands': () => () => outbox.retryUndecodable(text()),
    status: () => () => operator.status(text()),
    find: () => () => operator.find(text()),
    heldEvents: () => () => operator.heldEvents(name(OPERATED), range()),
    decide: () => () => operator.decide(name(OPERATED), 'skip', [count(1), number()]),
    resume: () => () => operator.resume(name(OPERATED)),
    skipStopped: () => () => operator.skipStopped(name(OPERATED), count(1)),
    pause: () => () => operator.pause(text()),
    unpause: () => () => operator.unpause(text()),
    narrow: () => () => operator.narrow(name(OPERATED), filter()),
    reset: () => () => operator.reset(name(OPERATED), count(0), owners),
    remove: () => () => operator.remove(text(), owners),
    rename: () => () => operator.rename(name(OPERATED), text(), owners),
    repartition: () => () =>
      operator.repartition(name(OPERATED), { partitions: count(2), owners, apart: 'fromLowest' }),
    'builds of the operator': () => () => operator.builds(text()),
    'rollBack of the operator': () => () => operator.rollBack(text(), build()),
    outbox: () => () =>
      operator.outbox(name(PROCESS), {
        which: random.pick(['all', 'parked'] as const),
        ...range(),
      }),
    decideCommands: () => () => operator.decideCommands(name(PROCESS), 'retry', [text()]),
  }
  return calls
}

/** An append that may be hostile in each of its places. */
const hostileAppend = (values: HostileValues, random: Random) => {
  const { text, number, json, object, mostly } = values
  const event = (): NewEvent => ({
    id: mostly(random.uuid(), text),
    type: mostly('Sent', text),
    schemaVersion: mostly(1, number),
    data: { data: json() },
    metadata: mostly({}, object),
  })
  const events = Array.from({ length: random.below(3) }, event)
  const marks = Array.from({ length: random.below(2) }, () => ({
    ...{ commandId: mostly(random.uuid(), text), skip: mostly(0, number) },
    ...{ eventCount: mostly(events.length, number) },
    ...(random.chance(0.5) ? { fingerprint: text() } : {}),
  }))
  return {
    streamId: mostly(STREAM, text),
    expectedVersion: mostly<ExpectedVersion>('any', () =>
      random.chance(0.5) ? number() : (text() as ExpectedVersion),
    ),
    events: random.chance(0.2) ? [...events, { ...event(), data: object() }] : events,
    commands: marks,
  }
}

/** Tags that may be hostile, too. */
const tagsOf = ({ text, mostly }: HostileValues, random: Random): ReadonlyArray<string> =>
  mostly(['hostile', 'tag'], () => [text(), ...(random.chance(0.5) ? [text()] : [])])

/**
 * Hands hostile inputs to every port of a backend and to an open category, while sound clients work on the same store.
 * Every call must be answered, with a typed error or by what can be read back the same; and what the sound clients are
 * told must fit together.
 */
export const hostileRun = async <Transaction>(
  open: (given: OpenForProof) => Promise<WithBoundaries<Transaction>>,
  { seed, inputs }: { readonly seed: number; readonly inputs: number },
): Promise<HostileReport> => {
  const problems: string[] = []
  let [refused, readBack] = [0, 0]
  const report = (what: string, problem: string) => {
    if (problems.length < 100) problems.push(`${what}: ${problem}`)
  }

  /** The answer, if there is one as there should be. */
  const answered = async (
    what: string,
    call: Call,
  ): Promise<E.Either<unknown, unknown> | undefined> => {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), PATIENCE)
    })
    try {
      const answer = await Promise.race([call()(), late])
      if (answer === undefined) report(what, 'was not answered')
      else if (E.isLeft(answer)) {
        refused += 1
        const problem = problemOf(answer.left)
        if (problem !== undefined) report(what, problem)
      }
      return answer
    } catch (cause) {
      report(
        what,
        `threw ${cause instanceof Error ? (cause.stack ?? cause.message).slice(0, 600) : String(cause)}`,
      )
      return undefined
    } finally {
      clearTimeout(timer)
    }
  }
  const same = (what: string, given: unknown, found: unknown): void => {
    readBack += 1
    // Put in place of a document, `undefined` deletes it.
    if (given === undefined || !isSteady(given)) return
    const problem = jsonIssue(given)
    if (problem !== undefined) report(what, `${shown(given)} was stored: ${problem.message}`)
    else if (!isDeepStrictEqual(asStored(given), asStored(found))) {
      report(what, `${shown(given)} was read back as ${shown(found)}`)
    }
  }

  const attack =
    (backend: WithBoundaries<Transaction>): Client<Transaction> =>
    async ({ backend: { store: recorded }, recorder, name, random, pause }) => {
      const values = hostileValues(random.fork('values'))
      const { store, documents, subscriptions } = backend
      /** It may be stored all the same: as it looked once. The history knows no more than that. */
      const unknown = <Failure, Result>(streamId: string, call: TaskEither<Failure, Result>) =>
        recorder.calling(name, { _tag: 'Command', streamId }, call, () => ({
          ...{ _tag: 'Unknown', reason: 'a value that differs whenever it is read' },
        }))
      /** What can be stored is in the history: readers of the whole store see it. */
      const gate: EventStore = {
        ...store,
        append: (request) => {
          if (request.events.every((event) => isRecorded(event))) return recorded.append(request)
          return unknown(request.streamId, store.append(request))
        },
      }
      const category = openCategory(anything, { store: gate })
      const areThere = async ({ streamId, events }: AppendRequest, version: number) => {
        const limit = events.length
        const page = await store.read(streamId, { after: version - limit, limit: limit + 1 })()
        if (E.isLeft(page)) return page
        for (const [index, event] of events.entries()) {
          const given = Object.fromEntries(Object.entries(event).filter(([key]) => key !== 'tags'))
          const { id, type, schemaVersion, data, metadata } = page.right.events[index] ?? {}
          same('append', given, { id, type, schemaVersion, data, metadata })
        }
        return page
      }
      const append: Call = () => {
        const request = hostileAppend(values, random)
        return async () => {
          const appended = await gate.append(request)()
          return E.isLeft(appended) ? appended : areThere(request, appended.right.version)
        }
      }
      const unit: Call = () => {
        const tagged = (request: AppendRequest): AppendRequest => ({
          ...request,
          events: request.events.map((event) => ({ ...event, tags: tagsOf(values, random) })),
        })
        const beside = { ...hostileAppend(values, random), streamId: BESIDE }
        const streams = [hostileAppend(values, random), beside].map(tagged)
        const isKnown = streams.every(({ events }) => events.every((event) => isRecorded(event)))
        const sent = isKnown
          ? recorded.appendTogether?.({ streams })
          : streams.reduce(
              (call, { streamId }) => unknown(streamId, call),
              store.appendTogether({ streams }),
            )
        return async () => {
          const answer = await sent?.()
          if (answer === undefined || E.isLeft(answer)) return answer ?? E.right(undefined)
          for (const [index, request] of streams.entries()) {
            await areThere(request, answer.right.streams[index]?.version ?? 0)
          }
          return answer
        }
      }
      const command: Call = () => {
        const id = values.mostly('one', values.text)
        const sent = values.mostly<Sent>({ type: 'Sent', data: values.json() }, values.object)
        const options = {
          ...(random.chance(0.5) ? { commandId: values.text() } : {}),
          ...(random.chance(0.3) ? { expectedVersion: values.number() } : {}),
          ...(random.chance(0.3) ? { metadata: values.object() } : {}),
        }
        return async () => {
          const handled = await category.handleCommand(id, sent, options)()
          if (E.isLeft(handled)) return handled
          const { version, state } = handled.right
          const replayed = await category.replayTo(id, version)()
          if (E.isRight(replayed)) same('a command', state, replayed.right.state)
          return replayed
        }
      }
      const put: Call = () => {
        const [collection, key] = [values.mostly(DOCUMENTS, values.text), values.text()]
        const value = values.json()
        return async () => {
          const written = await documents.put(collection, key, value)()
          if (E.isLeft(written)) return written
          const found = await documents.get(collection, key)()
          if (E.isRight(found)) same('put', value, found.right?.value)
          return found
        }
      }
      const ofCategory = (): Call =>
        random.pick<Call>([
          () => category.load(values.text()),
          () => category.cached(values.text()),
          () => category.replayTo(values.mostly('one', values.text), values.number()),
          () => category.asOf(values.mostly('one', values.text), values.number()),
          () => category.snapshot(values.text()),
        ])
      const calls = callsOf(backend, values, random)
      const names = Object.keys(calls) as [string, ...string[]]
      for (let input = 0; input < inputs; input++) {
        if (input % 50 === 0) {
          const names = [SUBSCRIPTION, OPERATED]
          for (const name of names) {
            const subscription = { name, partitions: 1, position: 0, categories: FILTERS }
            await answered('register', () => subscriptions.register(subscription))
          }
          await pause(0)
        }
        const kind = random.next()
        if (kind < 0.15) await answered('append', append)
        else if (kind < 0.2) await answered('a unit', unit)
        else if (kind < 0.35) await answered('a command', command)
        else if (kind < 0.45) await answered('put', put)
        else if (kind < 0.5) await answered('a category', ofCategory())
        else {
          const name = random.pick(names)
          await answered(name, () => (calls[name] as () => Call)()())
        }
      }
    }

  let client: Client<Transaction> = () => Promise.resolve()
  const random = seededRandom(seed)
  const { violations, history } = await examineStore<Transaction>(
    async (given) => {
      const backend = await open(given)
      client = attack(backend)
      return backend
    },
    {
      seed: random.below(2 ** 31),
      operations: Math.ceil(inputs / 5),
      faults: {},
      clients: [(world) => client(world)],
    },
  )
  problems.push(...violations.map(describeViolation))
  const operations = history.filter((entry) => 'asked' in entry).length
  return { seed, inputs, refused, readBack, operations, problems }
}
