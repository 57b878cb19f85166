import * as TE from 'fp-ts/TaskEither'
import pino from 'pino'
import {
  type AnyNotice,
  fromStart,
  logNotices,
  openCategory,
  openTogether,
  parkAfter,
  rebuildProjection,
  runProcessManager,
  runProjection,
  runSubscription,
  runWorkers,
} from 'reprise'
import { openBoundary } from 'reprise/boundary'
import { memory } from 'reprise/memory'
import { totals } from '../support/balances'
import { account, card, deposit, useCard } from '../support/bank'
import { add, counter } from '../support/counter'
import { enrolment, openCourse, takeSeat } from '../support/enrolment'
import { eventually } from '../support/eventually'
import { left, right } from '../support/right'
import { running } from '../support/running'
import { appendTicks } from '../support/ticks'
import { bankOn, transferring } from '../support/transfers'

type Told<Tag extends AnyNotice['_tag']> = Extract<AnyNotice, { readonly _tag: Tag }>

/** A backend, and everything that it was told. */
const observed = () => {
  const notices: AnyNotice[] = []
  const backend = { ...memory(), onAnyNotice: (notice: AnyNotice) => void notices.push(notice) }
  const told = <Tag extends AnyNotice['_tag']>(tag: Tag) =>
    notices.filter((notice): notice is Told<Tag> => notice._tag === tag)
  return { backend, notices, told }
}

describe('a backend that is observed', () => {
  it('is told of every command that is answered, whatever it comes to, and what it took', async () => {
    const { backend, told } = observed()
    const [one, other] = [openCategory(counter, backend), openCategory(counter, backend)]
    await right(one.handleCommand('a', add(1, 2)))
    await right(other.handleCommand('a', add(1)))
    await right(one.handleCommand('a', add(1))) // on a state that is outdated by now
    await right(one.handleCommand('a', add(1)))
    await left(one.handleCommand('a', add(-100)))
    await left(one.handle('a', { type: 'nonsense' }))
    await left(one.handleCommand('', add(1)))
    const handled = told('CommandHandled')
    expect(handled.map(({ type, outcome, events }) => [type, outcome, events])).toEqual([
      ['Add', 'accepted', 2],
      ['Add', 'accepted', 1],
      ['Add', 'accepted', 1],
      ['Add', 'accepted', 1],
      ['Add', 'Rejected', 0],
      [undefined, 'InvalidCommand', 0],
      [undefined, 'InvalidStreamId', 0],
    ])
    expect(handled.map(({ attempts, isCached }) => [attempts, isCached])).toEqual([
      [1, false],
      [1, false],
      [2, false], // the second time on what was read
      [1, true],
      [2, false], // a rejection must be certain: once more, on what was read
      [0, false],
      [0, false],
    ])
    expect(handled.map(({ streamIds }) => streamIds.join())).toEqual([
      ...Array.from({ length: 6 }, () => 'counter-a'),
      '',
    ])
    expect(handled[4]?.error).toMatchObject({ _tag: 'Rejected' })
    for (const { category, duration } of handled) {
      expect(category).toBe('counter')
      expect(duration).toBeGreaterThanOrEqual(0)
    }
  })

  it('is told how many commands have shared an append, and how many have waited before it', async () => {
    const { backend, told } = observed()
    const open = openCategory(counter, backend, { queueDepth: 4 })
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => open.handleCommand('a', add(1))()),
    )
    expect(answers.filter(({ _tag }) => _tag === 'Right')).toHaveLength(4)
    const handled = told('CommandHandled').filter(({ outcome }) => outcome === 'accepted')
    expect(handled.map(({ group, waiting }) => [group, waiting])).toEqual([
      [1, 0],
      [3, 1],
      [3, 2],
      [3, 3],
    ])
    expect(told('CommandHandled').filter(({ outcome }) => outcome === 'Overloaded')).toMatchObject([
      { waiting: 4, attempts: 0, group: 0 },
    ])
  })

  it('is told of commands of boundaries, and of commands that are handled together', async () => {
    const { backend, told } = observed()
    const courses = openBoundary(enrolment, backend)
    await right(courses.handleCommand(openCourse('math', 1)))
    await right(courses.handleCommand(takeSeat('math', 'ada')))
    await left(courses.handleCommand(takeSeat('math', 'bob')))
    const together = openTogether({ accounts: account, cards: card }, backend)
    await right(together.handleCommands({ accounts: [['A', deposit(5)]], cards: [['C', useCard]] }))
    expect(
      told('CommandHandled').map(({ category, outcome, events, attempts, streamIds }) => ({
        category,
        outcome,
        events,
        isDecided: attempts > 0,
        streams: streamIds.length,
      })),
    ).toEqual([
      { category: 'enrolment', outcome: 'accepted', events: 1, isDecided: true, streams: 0 },
      { category: 'enrolment', outcome: 'accepted', events: 1, isDecided: true, streams: 0 },
      { category: 'enrolment', outcome: 'Rejected', events: 0, isDecided: true, streams: 0 },
      { category: 'account+card', outcome: 'accepted', events: 1, isDecided: true, streams: 2 },
    ])
  })

  it('is told of every delivery and of all trouble of what runs on it', async () => {
    const { backend, told, notices } = observed()
    const bank = bankOn(backend.store)
    await right(bank.account.handleCommand('one', { type: 'Open', amount: 10 }))
    await right(bank.account.handleCommand('two', { type: 'Open', amount: 0 }))
    const request = { type: 'Request', transfer: 't', from: 'one', to: 'two', amount: 4 } as const
    await right(bank.transfer.handleCommand('t', request))
    const own: string[] = []
    const workers = runWorkers(
      {
        transfers: runProcessManager(transferring, bank.dispatch, { from: fromStart }),
        mails: runSubscription({
          name: 'mails',
          from: fromStart,
          events: transferring.events,
          poison: parkAfter(1),
          handle: ({ streamId }) =>
            streamId === 'account-two' ? TE.left(new Error('no')) : TE.right(undefined),
        }),
      },
      backend,
      { onNotice: ({ _tag }) => void own.push(_tag) },
    )
    await eventually(() => told('CommandSent').length === 3 && told('EventFailed').length > 0)
    await workers.stop()
    expect(told('CommandSent').map(({ outcome }) => outcome)).toEqual(['done', 'done', 'done'])
    expect(
      told('WorkerStarted')
        .map(({ worker }) => worker)
        .sort(),
    ).toEqual(['mails', 'transfers'])
    const delivered = told('EventsHandled')
      .filter(({ subscription }) => subscription === 'mails')
      .flatMap(({ events }) => events.map(({ streamId }) => streamId))
    expect(delivered).toContain('account-one')
    expect(delivered).not.toContain('account-two')
    expect(told('EventFailed')).toMatchObject([{ subscription: 'mails', parked: true }])
    // A part's own `onNotice` is told as before: not of what is handled.
    const handled = ['CommandHandled', 'EventsHandled', 'CommandSent']
    expect(own).toEqual(notices.map(({ _tag }) => _tag).filter((tag) => !handled.includes(tag)))
  })

  it('is told when the work on a build begins and ends, also of one that is given up', async () => {
    const { backend, told } = observed()
    await appendTicks(backend.store, 'tick-1', 4)
    const run = running((signal) => runProjection(totals(1))(backend, { signal }))
    await eventually(async () => (await right(backend.documents.active('totals'))) !== undefined)
    await right(() => run.stop())
    expect(told('BuildBegun')).toEqual([]) // readers see the first one from the start

    await right(rebuildProjection(totals(1))(backend))
    expect(told('BuildBegun')).toHaveLength(1)
    expect(told('BuildEnded')).toMatchObject([{ projection: 'totals', outcome: 'activated' }])

    const given = new AbortController()
    await rebuildProjection(totals(2))(backend, {
      signal: given.signal,
      onNotice: ({ _tag }) => _tag === 'BuildBegun' && given.abort(),
    })()
    expect(told('BuildEnded')[1]).toMatchObject({ version: 2, outcome: 'stopped' })
  })

  it('is never told by an exception, and what its subscriber throws changes no answer', async () => {
    const backend = {
      ...memory(),
      onAnyNotice: () => {
        throw new Error('the log is full')
      },
    }
    const { version } = await right(openCategory(counter, backend).handleCommand('a', add(1)))
    expect(version).toBe(1)
    const hostile = new Proxy({ type: 'x' }, { get: () => { throw new Error('never') } }) // prettier-ignore
    expect(await left(openCategory(counter, backend).handle('a', hostile))).toHaveProperty('_tag')
  })
})

describe('notices in a log', () => {
  /** A real pino, and the lines that it has written. */
  const logger = (level: string) => {
    const lines: Record<string, unknown>[] = []
    const log = pino(
      { level, base: null, timestamp: false },
      { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) },
    )
    return { log: logNotices(log), lines }
  }
  const [DEBUG, WARN, ERROR] = [20, 40, 50]

  it('have a level, a message, and ids, but no data of the application', async () => {
    const { log, lines } = logger('debug')
    const backend = { ...memory(), onAnyNotice: log }
    const open = openCategory(counter, backend)
    await right(open.handleCommand('a', { type: 'Note', text: 'secret' }))
    await left(open.handleCommand('a', add(-1)))
    const run = running((signal) =>
      runSubscription({
        name: 'mails',
        from: fromStart,
        events: counter.events,
        poison: parkAfter(1),
        handle: () => TE.left(new Error('the mail server is down')),
      })(backend, { signal }),
    )
    await eventually(() => lines.some(({ notice }) => notice === 'EventFailed'))
    await right(() => run.stop())
    expect(lines.filter(({ notice }) => notice === 'CommandHandled')).toMatchObject([
      {
        level: DEBUG,
        msg: 'counter: Note was accepted',
        streamIds: ['counter-a'],
        events: 1,
        attempts: 1,
      },
      {
        level: DEBUG,
        msg: 'counter: Add was answered with Rejected',
        error: { _tag: 'Rejected' },
      },
    ])
    expect(lines.find(({ notice }) => notice === 'EventFailed')).toMatchObject({
      level: ERROR,
      msg: 'mails: an event of counter-a waits for an operator',
      subscription: 'mails',
      streamId: 'counter-a',
      parked: true,
      attempts: 1,
      failure: expect.stringContaining('the mail server is down') as string,
    })
    expect(JSON.stringify(lines)).not.toContain('secret')
  })

  it('bring the stack of what the driver has thrown, and are skipped below the level of the logger', () => {
    const { log, lines } = logger('warn')
    log({ _tag: 'WorkerStarted', worker: 'mails' })
    log({
      _tag: 'WorkerEnded',
      worker: 'mails',
      failures: 1,
      restartsIn: 500,
      error: Object.assign(
        { _tag: 'StoreFailed', message: 'away' },
        { cause: new Error('ECONNREFUSED') },
      ),
    })
    expect(lines).toMatchObject([
      {
        level: WARN,
        notice: 'WorkerEnded',
        error: { _tag: 'StoreFailed', message: 'away' },
        err: { message: 'ECONNREFUSED', stack: expect.stringContaining('notices.test') as string },
      },
    ])
  })

  it('are written by any logger with these methods, and what it throws is ignored', () => {
    const written: unknown[] = []
    const write = (fields: object, message: string) => written.push([fields, message])
    const log = logNotices({ debug: write, info: write, warn: write, error: () => { throw new Error('full') } }) // prettier-ignore
    log({ _tag: 'StreamReleased', subscription: 'mails', streamId: 'counter-a' })
    log({ _tag: 'WorkerFailed', worker: 'mails', error: { _tag: 'Bad', message: 'bad' } })
    expect(written).toEqual([
      [
        { notice: 'StreamReleased', subscription: 'mails', streamId: 'counter-a' },
        'mails: counter-a is not held any more',
      ],
    ])
  })
})
