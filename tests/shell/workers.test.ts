import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { memory } from 'reprise/memory'
import { storeFailed } from '../../src/core/errors/store'
import { subscriptionRemoved } from '../../src/core/errors/subscription'
import { stopAfter } from '../../src/core/poison'
import { fromStart } from '../../src/core/subscription-start'
import { runProjection } from '../../src/shell/projection/run-projection'
import { runSubscription } from '../../src/shell/subscription/run-subscription'
import { runWorkers, type Workers, type WorkersOptions } from '../../src/shell/workers/run-workers'
import type { Worker, WorkerError, WorkersNotice } from '../../src/shell/workers/worker'
import { totals } from '../support/balances'
import { eventually } from '../support/eventually'
import { right } from '../support/right'
import { appendTicks, type Tick, ticks } from '../support/ticks'

const away = storeFailed('Unavailable', 'nothingWritten', undefined, 'it is away')
const soon = { firstBackoff: 2, maxBackoff: 16 }

let notices: WorkersNotice[]
let started: Workers[]
beforeEach(() => {
  notices = []
  started = []
})
afterEach(() => Promise.all(started.map(({ stop }) => stop())))

const run = <Given>(
  workers: Readonly<Record<string, Worker<Given>>>,
  backend: Given,
  options: WorkersOptions = {},
): Workers => {
  const onNotice = (notice: WorkersNotice): void => void notices.push(notice)
  const running = runWorkers(workers, backend, { ...soon, onNotice, ...options })
  started.push(running)
  return running
}

const untilAborted = (signal: AbortSignal): Promise<E.Either<never, void>> =>
  new Promise((resolve) => {
    const end = () => resolve(E.right(undefined))
    if (signal.aborted) end()
    else signal.addEventListener('abort', end)
  })

/** Fails so many times at its start, and then works. */
const failing =
  (times: number, error: WorkerError): Worker<unknown> =>
  (_, { signal, onStarted }) =>
  async () => {
    if (times-- > 0) return E.left(error)
    onStarted?.()
    return untilAborted(signal)
  }

const tagged = (tag: WorkersNotice['_tag']) => notices.filter(({ _tag }) => _tag === tag)
const stateOf = ({ health }: Workers, index = 0) => health().workers[index]?.state

describe('workers', () => {
  it('are started again after longer and longer pauses, and it is said which and why', async () => {
    const workers = run({ good: failing(0, away), bad: failing(5, away) }, undefined)
    await eventually(() => workers.health().healthy)
    const ended = notices.flatMap((notice) => (notice._tag === 'WorkerEnded' ? [notice] : []))
    expect(ended.map(({ worker, error, failures }) => [worker, error, failures])).toEqual(
      [1, 2, 3, 4, 5].map((failures) => ['bad', away, failures]),
    )
    for (const [index, bound] of [2, 4, 8, 16, 16].entries()) {
      expect(ended[index]?.restartsIn).toBeGreaterThanOrEqual(bound / 2)
      expect(ended[index]?.restartsIn).toBeLessThanOrEqual(bound)
    }
    expect(workers.health().workers).toMatchObject([
      { name: 'good', state: 'running', restarts: 0 },
      { name: 'bad', state: 'running', restarts: 5, lastTrouble: { message: away.message } },
    ])
    expect(workers.health().workers[0]).not.toHaveProperty('lastTrouble')
  })

  it('are not healthy before the store has taken them on', async () => {
    const workers = run(
      {
        slow:
          (_, { signal }) =>
          () =>
            untilAborted(signal),
      },
      undefined,
    )
    expect(workers.health()).toMatchObject({ healthy: false, workers: [{ state: 'starting' }] })
  })

  it.each([
    ['was removed by an operator', subscriptionRemoved('mails')],
    ['names a schema that cannot exist', storeFailed('InvalidSchemaName', 'nothingWritten', 0)],
  ])('are not started again when the one %s', async (_, error) => {
    const workers = run({ bad: failing(9, error), good: failing(0, error) }, undefined)
    await eventually(() => stateOf(workers, 1) === 'running')
    expect(notices).toContainEqual({ _tag: 'WorkerFailed', worker: 'bad', error })
    expect(tagged('WorkerEnded')).toEqual([])
    expect(workers.health()).toMatchObject({
      healthy: false,
      workers: [{ state: 'failed', lastTrouble: { message: error.message } }, { state: 'running' }],
    })
  })

  it('are not started again when their declaration throws', async () => {
    const broken: Worker<unknown> = () => {
      throw new Error('no such name')
    }
    const workers = run({ broken }, undefined)
    await eventually(() => stateOf(workers) === 'failed')
    expect(workers.health().workers[0]?.lastTrouble?.message).toContain('no such name')
  })

  it('are started again when a store throws instead of answering', async () => {
    let times = 2
    const backend = memory()
    const subscriptions = {
      ...backend.subscriptions,
      reached: (name: string) => () =>
        times-- > 0 ? Promise.reject(new Error('a bug')) : backend.subscriptions.reached(name)(),
    }
    const workers = run({ totals: runProjection(totals()) }, { ...backend, subscriptions })
    await eventually(() => workers.health().healthy)
    expect(tagged('WorkerEnded')).toMatchObject([
      { worker: 'totals', failures: 1, error: { _tag: 'StoreFailed', reason: 'Unexpected' } },
      { worker: 'totals', failures: 2 },
    ])
  })

  it('that have nothing left to do are done, and healthy', async () => {
    const workers = run({ once: () => TE.right(undefined) }, undefined)
    await eventually(() => stateOf(workers) === 'ended')
    expect(workers.health().healthy).toBe(true)
  })

  it('say that a store does not answer, and that it does again', async () => {
    let isAway = false
    const backend = memory()
    const subscriptions = {
      ...backend.subscriptions,
      claim: (...given: Parameters<typeof backend.subscriptions.claim>) =>
        isAway ? TE.left(away) : backend.subscriptions.claim(...given),
    }
    const workers = run(
      { totals: runProjection(totals(), { leaseDuration: 60 }) },
      { ...backend, subscriptions },
    )
    await eventually(() => workers.health().healthy)
    isAway = true
    await eventually(() => stateOf(workers) === 'troubled')
    expect(workers.health()).toMatchObject({
      healthy: false,
      workers: [{ restarts: 0, lastTrouble: { message: away.message } }],
    })
    isAway = false
    await eventually(() => workers.health().healthy)
    expect(tagged('WorkerEnded')).toEqual([])
  })

  it('go on by themselves when an operator has resumed what the poison policy has stopped', async () => {
    const backend = memory()
    let isBroken = true
    const handled: number[] = []
    const mails = runSubscription<Tick>({
      name: 'mails',
      from: fromStart,
      events: ticks,
      leaseDuration: 60,
      poison: { ...stopAfter(1), firstBackoff: 1 },
      handle: ({ position }) =>
        isBroken ? TE.left(new Error('broken')) : TE.fromIO(() => void handled.push(position)),
    })
    const workers = run({ mails }, backend)
    const positions = await appendTicks(backend.store, 'tick-1', 1, 2)
    const ended = await eventually(() => tagged('WorkerEnded')[1])
    expect(ended).toMatchObject({ worker: 'mails', error: { _tag: 'SubscriptionStopped' } })
    expect(workers.health().healthy).toBe(false)
    isBroken = false
    await right(backend.operator.resume('mails'))
    await eventually(() => handled.length === 2)
    expect(handled).toEqual(positions)
    await eventually(() => workers.health().healthy)
  })

  it('do not begin anew what an operator has removed', async () => {
    const backend = memory()
    const handled: number[] = []
    const mails = runSubscription<Tick>({
      name: 'mails',
      from: fromStart,
      events: ticks,
      leaseDuration: 60,
      handle: ({ position }) => TE.fromIO(() => void handled.push(position)),
    })
    const workers = run({ mails }, backend)
    await appendTicks(backend.store, 'tick-1', 1)
    await eventually(() => handled.length === 1)
    await right(backend.subscriptions.remove('mails'))
    await eventually(() => stateOf(workers) === 'failed')
    expect(handled).toHaveLength(1)
    expect(tagged('WorkerFailed')).toMatchObject([{ error: { _tag: 'SubscriptionRemoved' } }])
  })

  it('stop when the signal is aborted: a pause before a restart is cut short', async () => {
    const controller = new AbortController()
    const workers = run({ good: failing(0, away), bad: failing(9, away) }, undefined, {
      signal: controller.signal,
      firstBackoff: 60_000,
      maxBackoff: 60_000,
    })
    await eventually(() => stateOf(workers, 1) === 'restarting')
    controller.abort()
    expect(await workers.ended).toEqual({ unfinished: [] })
    expect(workers.health()).toMatchObject({
      healthy: false,
      workers: [{ state: 'ended' }, { state: 'ended' }],
    })
  })

  it('that were stopped before they were started do nothing', async () => {
    const workers = run({ good: failing(0, away) }, undefined, { signal: AbortSignal.abort() })
    expect(await workers.ended).toEqual({ unfinished: [] })
    expect(notices).toEqual([])
  })

  it('that do not end are named when the time for stopping is over', async () => {
    const hanging: Worker<unknown> = () => () => new Promise(() => undefined)
    const workers = run({ good: failing(0, away), hanging }, undefined, { stopTimeout: 20 })
    expect(await workers.stop()).toEqual({ unfinished: ['hanging'] })
    expect(await workers.stop()).toEqual({ unfinished: ['hanging'] })
  })

  it('do not end because a notice throws', async () => {
    const workers = run({ bad: failing(3, away) }, undefined, {
      onNotice: () => {
        throw new Error('a logger is broken')
      },
    })
    await eventually(() => workers.health().healthy)
    expect(workers.health().workers[0]?.restarts).toBe(3)
  })

  it('count failures anew after they have worked for longer than the longest pause', async () => {
    let runs = 0
    const flaky: Worker<unknown> =
      (_, { onStarted }) =>
      async () => {
        onStarted?.()
        runs++
        if (runs === 3) await new Promise((resolve) => setTimeout(resolve, 30))
        return E.left(away)
      }
    run({ flaky }, undefined)
    const ended = await eventually(() => tagged('WorkerEnded').length > 3 && tagged('WorkerEnded'))
    expect(ended.slice(0, 4)).toMatchObject([
      { failures: 1 },
      { failures: 2 },
      { failures: 1 },
      { failures: 2 },
    ])
  })
})
