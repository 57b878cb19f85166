import * as TE from 'fp-ts/TaskEither'
import { type Notice, openCategory } from 'reprise'
import { type EventStore, storeFailed, versionConflict } from 'reprise/adapter'
import { add, counter } from '../support/counter'
import { left, right } from '../support/right'
import { freshId, stores, type StoreUnderTest } from '../support/stores'

describe.each(stores)('conflicts on %s', (_name, open) => {
  let at: StoreUnderTest

  beforeAll(async () => {
    at = await open()
  })
  afterAll(() => at.close())

  const counting = (store: EventStore) => {
    const appends: number[] = []
    return {
      appends,
      store: {
        ...store,
        append: (request: Parameters<EventStore['append']>[0]) => {
          appends.push(request.events.length)
          return store.append(request)
        },
      },
    }
  }

  it('decides again on what is new, and says so', async () => {
    const notices: Notice[] = []
    const id = freshId()
    const counters = openCategory(counter, at, { onNotice: (notice) => notices.push(notice) })
    const elsewhere = openCategory(counter, { store: at.second })
    await right(counters.handleCommand(id, add(1)))
    await right(elsewhere.handleCommand(id, add(10)))
    expect(await right(counters.handleCommand(id, add(100)))).toMatchObject({
      state: { total: 111 },
      version: 3,
    })
    expect(notices).toEqual([
      {
        _tag: 'DecidedAgain',
        streamId: `counter-${id}`,
        commands: 1,
        decidedOn: 1,
        actual: 2,
      },
    ])
  })

  describe('of two processes that both withdraw the same 100 on an old state', () => {
    /** Both have the state of version 1 in memory; then both withdraw all of it, one after the other. */
    const bothWithdraw = async (expectedVersion: 'mustExist' | 'any' | undefined) => {
      const id = freshId()
      const processes = [at.store, at.second].map((store) => openCategory(counter, { store }))
      await right(processes[0]!.handleCommand(id, add(100)))
      for (const { load } of processes) {
        expect(await right(load(id))).toMatchObject({ state: { total: 100 }, version: 1 })
      }
      const options = expectedVersion === undefined ? {} : { expectedVersion }
      const answers = []
      for (const { handleCommand } of processes) {
        answers.push(await handleCommand(id, add(-100), options)())
      }
      const { state } = await right(openCategory(counter, at).load(id))
      return { answers, total: state.total }
    }

    it.each([['mustExist' as const], [undefined]])(
      'only one is accepted when the command says %s: the other is decided again',
      async (expectedVersion) => {
        const { answers, total } = await bothWithdraw(expectedVersion)
        expect(answers).toMatchObject([
          { right: { state: { total: 0 }, version: 2 } },
          { left: { _tag: 'Rejected', version: 2, rejection: { _tag: 'BelowZero', total: 0 } } },
        ])
        expect(total).toBe(0)
      },
    )

    it('both are accepted with any, and only with any: it is blind, as documented', async () => {
      const { answers, total } = await bothWithdraw('any')
      expect(answers.map(({ _tag }) => _tag)).toEqual(['Right', 'Right'])
      expect(total).toBe(-100)
    })

    it('only one is accepted with mustExist when they are sent at the same time', async () => {
      const id = freshId()
      const processes = [at.store, at.second].map((store) => openCategory(counter, { store }))
      await right(processes[0]!.handleCommand(id, add(100)))
      for (const { load } of processes) await right(load(id))
      const answers = await Promise.all(
        processes.map(({ handleCommand }) =>
          handleCommand(id, add(-100), { expectedVersion: 'mustExist' })(),
        ),
      )
      expect(answers.map(({ _tag }) => _tag).sort()).toEqual(['Left', 'Right'])
      expect(await right(openCategory(counter, at).load(id))).toMatchObject({ state: { total: 0 } })
    })
  })

  it('gives up after the attempts that are allowed, waiting a little longer each time', async () => {
    const waits: number[] = []
    let appends = 0
    const unlucky: EventStore = {
      ...at.store,
      append: ({ streamId, expectedVersion }) => {
        appends += 1
        return TE.left(versionConflict(streamId, expectedVersion, 7))
      },
    }
    const counters = openCategory(
      counter,
      { store: unlucky },
      {
        retry: { attempts: 4, firstBackoff: 10, maxBackoff: 25 },
        random: () => 0.5,
        wait: (milliseconds) => {
          waits.push(milliseconds)
          return Promise.resolve()
        },
      },
    )
    expect(await left(counters.handleCommand(freshId(), add(1)))).toMatchObject({
      _tag: 'VersionConflict',
      attempts: 4,
      actual: 7,
    })
    expect(appends).toBe(4)
    expect(waits).toEqual([5, 10, 12.5])
  })

  it.each([
    ['mustNotExist', 1],
    [0, 1],
    [2, 1],
    ['mustExist', 0],
  ] as const)(
    'does not retry when the version is pinned to %s and the stream is at %i',
    async (expectedVersion, version) => {
      const id = freshId()
      const counters = openCategory(counter, at)
      if (version > 0) await right(counters.handleCommand(id, add(1)))
      for (const category of [counters, openCategory(counter, { store: at.second })]) {
        expect(await left(category.handleCommand(id, add(1), { expectedVersion }))).toMatchObject({
          _tag: 'VersionConflict',
          expected: expectedVersion,
          actual: version,
          attempts: 1,
        })
      }
    },
  )

  it('loads nothing for a command that must find no stream, unless it stores nothing', async () => {
    let loads = 0
    const load: EventStore['load'] = (request) => {
      loads += 1
      return at.store.load(request)
    }
    const fresh = () => openCategory(counter, { store: { ...at.store, load } })
    const pinned = { expectedVersion: 'mustNotExist', commandId: 'first' } as const
    const id = freshId()
    const created = await right(fresh().handleCommand(id, add(1), pinned))
    expect([created.version, loads]).toEqual([1, 0])
    expect((await right(fresh().handleCommand(id, add(1), pinned))).version).toBe(1) // the same one
    loads = 0
    // What would be rejected if there were no stream is not rejected for that: there is one.
    const later = { ...pinned, commandId: 'later' }
    for (const command of [add(-1), add(), add(1)]) {
      expect(await left(fresh().handleCommand(id, command, later))).toMatchObject({
        _tag: 'VersionConflict',
        actual: 1,
      })
    }
    expect(loads).toBe(1) // for the rejection: the other two, one with an id and no events, were appends
    const rejected = await left(fresh().handleCommand(freshId(), add(-1), pinned))
    expect(rejected).toMatchObject({ _tag: 'Rejected', rejection: { total: 0 } })
  })

  it.each([NaN, -1, 1.5, 2 ** 31, 'latest'])(
    'rejects to be pinned to %p, which no stream can be at',
    async (expectedVersion) => {
      const counters = openCategory(counter, at)
      const pinned = { expectedVersion: expectedVersion as number }
      expect(await left(counters.handleCommand(freshId(), add(1), pinned))).toMatchObject({
        _tag: 'InvalidAppend',
        reason: expect.stringContaining(String(expectedVersion)) as string,
      })
    },
  )

  it('lets exactly one of ten pinned creators win', async () => {
    const id = freshId()
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, n) =>
        openCategory(counter, { store: n % 2 === 0 ? at.store : at.second }).handleCommand(
          id,
          add(1),
          { expectedVersion: 'mustNotExist' },
        )(),
      ),
    )
    expect(answers.filter(({ _tag }) => _tag === 'Right')).toHaveLength(1)
  })

  it('answers with the state of the stream when it appends wherever the stream is', async () => {
    const id = freshId()
    const counters = openCategory(counter, at)
    const elsewhere = openCategory(counter, { store: at.second })
    await right(counters.handleCommand(id, add(1)))
    await right(elsewhere.handleCommand(id, add(10)))
    expect(
      await right(counters.handleCommand(id, add(100), { expectedVersion: 'any' })),
    ).toMatchObject({ state: { total: 111 }, version: 3, events: [{ version: 3 }] })
  })

  it('decides the commands of one stream one after another, and lets them share appends', async () => {
    const { store, appends } = counting(at.store)
    const [counters, id] = [openCategory(counter, { store }), freshId()]
    await right(counters.handleCommand(id, add(1)))
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => right(counters.handleCommand(id, add(1)))),
    )
    expect(answers.map(({ version }) => version)).toEqual(
      Array.from({ length: 50 }, (_, n) => n + 2),
    )
    expect(answers.map(({ state }) => state.total)).toEqual(answers.map(({ version }) => version))
    expect(appends.length).toBeLessThan(10)
    expect(appends.reduce((sum, events) => sum + events, 0)).toBe(51)
  })

  it('rejects one of several commands that share an append, and stores the others', async () => {
    const [counters, id] = [openCategory(counter, at), freshId()]
    await right(counters.handleCommand(id, add(100)))
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => counters.handleCommand(id, add(-24))()),
    )
    expect(answers.filter(({ _tag }) => _tag === 'Right')).toHaveLength(4)
    expect(await right(counters.load(id))).toMatchObject({ state: { total: 4 }, version: 5 })
  })

  it('decides all of a shared append again when another process wrote first', async () => {
    const id = freshId()
    const elsewhere = openCategory(counter, { store: at.second })
    let interfere = true
    const contested: EventStore = {
      ...at.store,
      append: (request) => async () => {
        if (interfere && request.events.length > 1) {
          interfere = false
          await right(elsewhere.handleCommand(id, add(-90)))
        }
        return at.store.append(request)()
      },
    }
    const counters = openCategory(counter, { store: contested })
    await right(counters.handleCommand(id, add(100)))
    const answers = await Promise.all(
      [-5, -6, -7, -8].map((amount) => counters.handleCommand(id, add(amount))()),
    )
    expect(interfere).toBe(false)
    expect(answers.map(({ _tag }) => _tag)).toEqual(['Right', 'Left', 'Left', 'Left'])
    expect(await right(counters.load(id))).toMatchObject({ state: { total: 5 } })
  })

  it('stores the others when the store rejects one command of a shared append', async () => {
    const [counters, id] = [openCategory(counter, at), freshId()]
    await right(counters.handleCommand(id, add(1)))
    const huge = 'x'.repeat(2_000_000)
    const answers = await Promise.all([
      counters.handleCommand(id, add(1))(),
      counters.handleCommand(id, add(2))(),
      counters.handleCommand(id, { type: 'Note', text: huge })(),
      counters.handleCommand(id, add(4))(),
    ])
    expect(answers.map((answer) => (answer._tag === 'Left' ? answer.left._tag : 'stored'))).toEqual(
      ['stored', 'stored', 'LimitExceeded', 'stored'],
    )
    expect(await right(counters.load(id))).toMatchObject({ state: { total: 8 } })
  })

  it.each(['DataRefused', 'Unexpected', 'TimedOut'] as const)(
    'stores the others when the database rejects the data of one (%s)',
    async (reason) => {
      const refusing: EventStore = {
        ...at.store,
        append: (request) =>
          request.events.some(({ type }) => type === 'Noted')
            ? TE.left(storeFailed(reason, 'nothingWritten', new Error('not this')))
            : at.store.append(request),
      }
      const [counters, id] = [openCategory(counter, { store: refusing }), freshId()]
      await right(counters.handleCommand(id, add(1)))
      const answers = await Promise.all(
        [add(1), { type: 'Note', text: '?' } as const, add(2), add(4)].map((command) =>
          counters.handleCommand(id, command)(),
        ),
      )
      expect(answers.map(({ _tag }) => _tag)).toEqual(['Right', 'Left', 'Right', 'Right'])
      expect(answers[1]).toMatchObject({ left: { _tag: 'StoreFailed', reason } })
      expect(await right(counters.load(id))).toMatchObject({ state: { total: 8 } })
    },
  )

  it('rejects more commands than may wait for a stream', async () => {
    const counters = openCategory(counter, at, { queueDepth: 3 })
    const id = freshId()
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => counters.handleCommand(id, add(1))()),
    )
    const refused = answers.flatMap((answer) => (answer._tag === 'Left' ? [answer.left] : []))
    expect(refused.length).toBeGreaterThan(0)
    expect(refused[0]).toMatchObject({ _tag: 'Overloaded', depth: 3 })
    const { state } = await right(counters.load(id))
    expect(state.total).toBe(10 - refused.length)
  })

  it('is not blocked by a store that throws instead of answering', async () => {
    let broken = true
    const throwing: EventStore = {
      ...at.store,
      load: (request) => () =>
        broken ? Promise.reject(new Error('out of order')) : at.store.load(request)(),
    }
    const [counters, id] = [openCategory(counter, { store: throwing }), freshId()]
    expect(await left(counters.handleCommand(id, add(1)))).toMatchObject({ _tag: 'StoreFailed' })
    broken = false
    expect(await right(counters.handleCommand(id, add(1)))).toMatchObject({ version: 1 })
  })

  it('forgets a state in memory that is ahead of the store', async () => {
    const id = freshId()
    const elsewhere: EventStore = at.store
    let pretend = true
    const counters = openCategory(counter, {
      store: {
        ...elsewhere,
        append: (request) =>
          pretend
            ? TE.right({ version: request.events.length, positions: [1, 2, 3], recordedAt: 0 })
            : elsewhere.append(request),
      },
    })
    await right(counters.handleCommand(id, add(1, 2, 3)))
    pretend = false
    expect(await right(counters.handleCommand(id, add(5)))).toMatchObject({
      state: { total: 5 },
      version: 1,
    })
  })
})
