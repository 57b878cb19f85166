import { context, SpanStatusCode } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics'
import {
  AlwaysOffSampler,
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import {
  fromStart,
  openCategory,
  openTogether,
  parkAfter,
  rebuildProjection,
  runProcessManager,
  runProjection,
  runSubscription,
} from 'reprise'
import { type HorizonHolder, storeFailed } from 'reprise/adapter'
import { openBoundary } from 'reprise/boundary'
import { memory } from 'reprise/memory'
import { openTelemetry } from 'reprise/opentelemetry'
import { totals } from '../support/balances'
import { account, card, deposit, useCard } from '../support/bank'
import { add, counter } from '../support/counter'
import { enrolment, openCourse } from '../support/enrolment'
import { eventually } from '../support/eventually'
import { left, right } from '../support/right'
import { running } from '../support/running'
import { appendTicks } from '../support/ticks'
import { bankOn, transferring } from '../support/transfers'

/** Metrics are collected when a test asks for them. */
class AskedReader extends MetricReader {
  protected override onForceFlush(): Promise<void> {
    return Promise.resolve()
  }
  protected override onShutdown(): Promise<void> {
    return Promise.resolve()
  }
}

const exporter = new InMemorySpanExporter()
const tracerProvider = new BasicTracerProvider({
  spanProcessors: [new SimpleSpanProcessor(exporter)],
})

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
})
afterAll(() => {
  context.disable()
})
beforeEach(() => {
  exporter.reset()
})

/** An application with everything in memory, and what it has told. */
const application = () => {
  const reader = new AskedReader()
  const meterProvider = new MeterProvider({ readers: [reader] })
  const telemetry = openTelemetry({ tracerProvider, meterProvider })
  const backend = memory()
  const traced = telemetry.backend(backend)
  const counters = (from = traced) =>
    telemetry.category(
      'counter',
      openCategory(telemetry.decisions(counter), from, { random: () => 0 }),
    )
  /** The points of a metric: their attributes and values. */
  const points = async (name: string) => {
    const { resourceMetrics } = await reader.collect()
    return resourceMetrics.scopeMetrics
      .flatMap(({ metrics }) => metrics)
      .filter(({ descriptor }) => descriptor.name === name)
      .flatMap(({ dataPoints }) =>
        dataPoints.map(({ attributes, value }) => ({ attributes, value })),
      )
  }
  return { telemetry, meterProvider, backend, traced, counters, points }
}

const spans = (name: string): ReadonlyArray<ReadableSpan> =>
  exporter.getFinishedSpans().filter((span) => span.name === name)
const spanOf = (name: string): ReadableSpan => {
  const [span] = spans(name)
  if (span === undefined) throw new Error(`there is no span ${name}`)
  return span
}
const traceparentOf = (span: ReadableSpan): string => {
  const { traceId, spanId } = span.spanContext()
  return `00-${traceId}-${spanId}-01`
}

describe('telemetry of commands', () => {
  it('gives a command a span, with what it asks the store for inside, and its events that span', async () => {
    const { counters } = application()
    const { events } = await right(counters().handleCommand('a', add(1, 2)))
    const command = spanOf('handle counter')
    expect(command.attributes).toEqual({
      'reprise.category': 'counter',
      'reprise.stream.id': 'counter-a',
      'reprise.command.type': 'Add',
      'reprise.outcome': 'accepted',
      'reprise.events': 2,
      'reprise.version': 2,
      'reprise.attempts': 1,
      'reprise.cached': false,
      'reprise.group': 1,
      'reprise.waiting': 0,
    })
    for (const name of ['load', 'decide counter', 'append']) {
      expect(spanOf(name).parentSpanContext?.spanId).toBe(command.spanContext().spanId)
    }
    expect(spanOf('append').attributes).toMatchObject({ 'reprise.events': 2, 'reprise.version': 2 })
    expect(events.map(({ metadata }) => metadata.extra)).toEqual([
      { traceparent: traceparentOf(command) },
      { traceparent: traceparentOf(command) },
    ])
  })

  it('tells a rejection as an outcome, and a failure of the store as an error', async () => {
    const { counters, traced, points } = application()
    await left(counters().handleCommand('a', add(-1)))
    expect(spanOf('handle counter')).toMatchObject({
      status: { code: SpanStatusCode.UNSET },
      attributes: { 'reprise.outcome': 'Rejected' },
    })
    exporter.reset()
    const away = {
      ...traced,
      store: {
        ...traced.store,
        append: () => TE.left(storeFailed('Unavailable', 'nothingWritten', new Error('down'))),
      },
    }
    await left(counters(away).handleCommand('a', add(1)))
    expect(spanOf('handle counter')).toMatchObject({
      status: { code: SpanStatusCode.ERROR },
      attributes: { 'reprise.outcome': 'StoreFailed', 'error.type': 'StoreFailed' },
    })
    const told = await points('reprise.command.duration')
    expect(told.map(({ attributes }) => attributes['reprise.outcome']).sort()).toEqual([
      'Rejected',
      'StoreFailed',
    ])
  })

  it('tells that a command was decided again, in its span and as a number', async () => {
    const { counters, points } = application()
    const [one, other] = [counters(), counters()]
    await right(one.handleCommand('a', add(1)))
    await right(other.handleCommand('a', add(1)))
    exporter.reset()
    await right(one.handleCommand('a', add(1)))
    expect(spanOf('handle counter').events).toMatchObject([
      { name: 'decided again', attributes: { 'reprise.version': 1, 'reprise.version.actual': 2 } },
    ])
    expect(spanOf('handle counter').attributes).toMatchObject({ 'reprise.attempts': 2 })
    expect(
      spans('decide counter').map(({ parentSpanContext }) => parentSpanContext?.spanId),
    ).toEqual(Array.from({ length: 2 }, () => spanOf('handle counter').spanContext().spanId))
    const attributes = { 'reprise.category': 'counter' }
    expect(await points('reprise.command.conflicts')).toEqual([{ attributes, value: 1 }])
    expect(await points('reprise.command.attempts')).toEqual([{ attributes, value: 4 }])
  })

  it('makes no label of what is no command, whatever it is', async () => {
    const { counters, points } = application()
    const hostile = new Proxy({ type: 'x' }, { get: () => { throw new Error('never read') } }) // prettier-ignore
    for (const body of [{ type: 'nonsense 1' }, { type: 'nonsense 2' }, undefined, hostile]) {
      expect(await left(counters().handle('a', body))).toHaveProperty('_tag')
    }
    const told = await points('reprise.command.duration')
    for (const { attributes } of told) expect(attributes).not.toHaveProperty('reprise.command.type')
  })

  it('counts commands by category, type and outcome, with how long they took', async () => {
    const { counters, points } = application()
    const open = counters()
    for (const by of [1, 2]) await right(open.handleCommand('a', add(by)))
    await left(open.handleCommand('a', add(-9)))
    await left(open.handle('a', { type: 'nonsense' }))
    const told = await points('reprise.command.duration')
    expect(
      told.map(({ attributes, value }): unknown[] => [
        attributes,
        Reflect.get(Object(value), 'count'),
      ]),
    ).toEqual([
      [
        {
          'reprise.category': 'counter',
          'reprise.command.type': 'Add',
          'reprise.outcome': 'accepted',
        },
        2,
      ],
      [
        {
          'reprise.category': 'counter',
          'reprise.command.type': 'Add',
          'reprise.outcome': 'Rejected',
        },
        1,
      ],
      [{ 'reprise.category': 'counter', 'reprise.outcome': 'InvalidCommand' }, 1],
    ])
  })

  it('answers a hostile id or hostile options as the category does', async () => {
    const { counters } = application()
    const id = Symbol('hostile') as unknown as string
    expect(await left(counters().handleCommand(id, add(1)))).toHaveProperty('_tag')
    const options = {
      get metadata(): never {
        throw new Error('it cannot be read')
      },
    }
    expect(await left(counters().handleCommand('a', add(1), options))).toMatchObject({
      _tag: 'InvalidAppend',
    })
  })

  it('counts what was decided on a state in memory, what has shared an append, and what has waited', async () => {
    const { counters, points } = application()
    const open = counters()
    await Promise.all(Array.from({ length: 4 }, () => open.handleCommand('a', add(1))()))
    const attributes = { 'reprise.category': 'counter' }
    const valueOf = async (name: string) => {
      const found = await points(name)
      return found.map(({ value }) => value)
    }
    expect(await points('reprise.command.cache')).toEqual([
      { attributes: { ...attributes, 'reprise.cache': 'hit' }, value: 3 },
      { attributes: { ...attributes, 'reprise.cache': 'miss' }, value: 1 },
    ])
    expect(await points('reprise.command.grouped')).toEqual([{ attributes, value: 4 }])
    expect((await valueOf('reprise.command.groups'))[0]).toBeCloseTo(2) // the first one went alone
    await open.handleCommand('a', add(1))()
    expect(await valueOf('reprise.command.group.size')).toEqual([1])
    expect(await valueOf('reprise.command.queue.depth')).toEqual([0])
  })

  it('gives spans to boundaries, and to commands that are handled together', async () => {
    const { telemetry, traced } = application()
    const courses = telemetry.boundary('enrolment', openBoundary(enrolment, traced))
    await right(courses.handleCommand(openCourse('math', 1)))
    expect(spanOf('handle enrolment').attributes).toMatchObject({
      'reprise.outcome': 'accepted',
      'reprise.events': 1,
    })
    for (const name of ['read_matching', 'append_together']) {
      expect(spans(name)[0]?.parentSpanContext?.spanId).toBe(
        spanOf('handle enrolment').spanContext().spanId,
      )
    }
    exporter.reset()
    const bank = telemetry.together(
      'bank',
      openTogether({ accounts: account, cards: card }, traced),
    )
    const { accounts } = await right(
      bank.handleCommands({ accounts: [['A', deposit(5)]], cards: [['C', useCard]] }),
    )
    expect(spanOf('append_together').attributes).toMatchObject({
      'reprise.events': 1,
      'reprise.streams': 2,
    })
    expect(accounts[0]?.events[0]?.metadata.extra).toEqual({
      traceparent: traceparentOf(spanOf('handle bank')),
    })
  })

  it('tells of snapshots', async () => {
    const { counters } = application()
    const open = counters()
    for (let count = 0; count < 10; count++) await right(open.handleCommand('a', add(1)))
    await open.snapshotsSettled()
    expect(spanOf('save_snapshot').attributes).toMatchObject({ 'reprise.version': 10 })
    exporter.reset()
    await right(counters().load('a'))
    expect(spanOf('load').attributes).toMatchObject({ 'reprise.snapshot.version': 10 })
  })

  it('makes no spans inside a command that is not recorded, and still counts it', async () => {
    const unrecorded = new BasicTracerProvider({
      sampler: new AlwaysOffSampler(),
      spanProcessors: [new SimpleSpanProcessor(exporter)],
    })
    const { points, meterProvider } = application()
    const telemetry = openTelemetry({ tracerProvider: unrecorded, meterProvider })
    const open = telemetry.category(
      'counter',
      openCategory(telemetry.decisions(counter), telemetry.backend(memory())),
    )
    const { events } = await right(open.handleCommand('a', add(1)))
    expect(events[0]?.metadata).toEqual({})
    expect(exporter.getFinishedSpans()).toEqual([])
    expect(await points('reprise.command.duration')).toHaveLength(1)
    expect(await points('db.client.operation.duration')).toHaveLength(2)
  })

  it('changes nothing, and costs nothing, while the application has set up no SDK', async () => {
    const backend = memory()
    const telemetry = openTelemetry()
    expect(telemetry.backend(backend)).toBe(backend)
    const open = openCategory(telemetry.decisions(counter), telemetry.backend(backend))
    const counters = telemetry.category('counter', open)
    expect(counters).toBe(open)
    const { events } = await right(counters.handleCommand('a', add(1)))
    expect(events.map(({ metadata }) => metadata)).toEqual([{}])
    expect(exporter.getFinishedSpans()).toEqual([])
  })
})

describe('telemetry of what follows an event', () => {
  it('links the handling of an event to the command that has caused it', async () => {
    const { telemetry, traced, counters } = application()
    const open = counters()
    const subscription = telemetry.subscription({
      name: 'copies',
      from: fromStart,
      events: counter.events,
      handle: ({ streamId }) =>
        streamId === 'counter-a'
          ? TE.map(() => undefined)(open.handleCommand('copy', add(1)))
          : TE.right(undefined),
    })
    await right(open.handleCommand('a', add(1)))
    const cause = spanOf('handle counter')
    exporter.reset()
    const run = running((signal) => runSubscription(subscription)(traced, { signal }))
    await eventually(() => spans('process copies').length === 2)
    await right(() => run.stop())
    const [first, second] = spans('process copies')
    expect(first?.links[0]?.context).toMatchObject({
      traceId: cause.spanContext().traceId,
      spanId: cause.spanContext().spanId,
    })
    const copy = spanOf('handle counter')
    expect(copy.parentSpanContext?.spanId).toBe(first?.spanContext().spanId)
    expect(second?.links[0]?.context.spanId).toBe(copy.spanContext().spanId)
    expect(first?.attributes).toMatchObject({
      'messaging.destination.name': 'copies',
      'reprise.event.type': 'Added',
      'reprise.version': 1,
    })
  })

  it('links the commands of a process manager to the event that has caused them, also over the outbox', async () => {
    const { telemetry, backend } = application()
    const bank = bankOn(backend.store)
    const transfer = telemetry.category('transfer', bank.transfer)
    await right(bank.account.handleCommand('one', { type: 'Open', amount: 10 }))
    await right(bank.account.handleCommand('two', { type: 'Open', amount: 0 }))
    const request = { type: 'Request', transfer: 't', from: 'one', to: 'two', amount: 4 } as const
    await right(transfer.handleCommand('t', request))
    const cause = spanOf('handle transfer').spanContext()
    const run = running((signal) =>
      runProcessManager(transferring, telemetry.dispatch('transferring', bank.dispatch), {
        from: fromStart,
      })(backend, { signal }),
    )
    await eventually(() => spans('dispatch transferring').length === 3)
    await right(() => run.stop())
    const [debit, credit, end] = spans('dispatch transferring')
    expect(debit?.links[0]?.context).toMatchObject({ traceId: cause.traceId, spanId: cause.spanId })
    expect(credit?.links[0]?.context.spanId).toBe(debit?.spanContext().spanId)
    expect(end?.links[0]?.context.spanId).toBe(credit?.spanContext().spanId)
  })

  it('links a command that a timer has sent to the event that has set the timer', async () => {
    const { telemetry, backend } = application()
    const bank = bankOn(backend.store)
    const transfer = telemetry.category('transfer', bank.transfer)
    const request = { type: 'Request', transfer: 't', from: 'one', to: 'two', amount: 4 } as const
    await right(transfer.handleCommand('t', request))
    const cause = spanOf('handle transfer').spanContext()
    const { react } = transferring.process
    const timersOnly = {
      ...transferring,
      process: {
        ...transferring.process,
        react: (...of: Parameters<typeof react>) =>
          react(...of).flatMap((action) =>
            action._tag === 'After' ? [{ ...action, delay: 1 }] : [],
          ),
      },
    }
    const run = running((signal) =>
      runProcessManager(timersOnly, telemetry.dispatch('transferring', bank.dispatch), {
        from: fromStart,
      })(backend, { signal }),
    )
    await eventually(() => spans('dispatch transferring').length === 1)
    await right(() => run.stop())
    const sent = spanOf('dispatch transferring')
    expect(sent.attributes).toMatchObject({ 'reprise.command.type': 'End' })
    expect(sent.links[0]?.context).toMatchObject({ traceId: cause.traceId, spanId: cause.spanId })
  })

  it('ignores a link that somebody has stored wrongly', async () => {
    const { telemetry, traced } = application()
    const open = openCategory(counter, traced)
    for (const traceparent of ['nonsense', 7, `00-${'0'.repeat(32)}-${'1'.repeat(16)}-01`]) {
      await right(open.handleCommand('a', add(1), { metadata: { extra: { traceparent } } }))
    }
    const handled: unknown[] = []
    const run = running((signal) =>
      runSubscription(
        telemetry.subscription({
          name: 'copies',
          from: fromStart,
          events: counter.events,
          handle: (event) => TE.fromIO(() => void handled.push(event)),
        }),
      )(traced, { signal }),
    )
    await eventually(() => handled.length === 3)
    await right(() => run.stop())
    expect(spans('process copies').map(({ links }) => links)).toEqual([[], [], []])
  })
})

describe('telemetry of projections', () => {
  const batchOfTotals = 'batch totals@1.1'

  it('gives each batch a span, and each build one', async () => {
    const { traced, points } = application()
    await appendTicks(traced.store, 'tick-1', 1, 2, 3)
    const run = running((signal) => runProjection(totals(1))(traced, { signal }))
    const countOf = ({ attributes }: ReadableSpan) =>
      Number(attributes['messaging.batch.message_count'])
    const counted = () => spans(batchOfTotals).reduce((sum, batch) => sum + countOf(batch), 0)
    await eventually(() => counted() === 3)
    await right(() => run.stop())
    const [batch] = spans(batchOfTotals)
    expect(batch?.attributes).toMatchObject({
      'messaging.system': 'reprise',
      'messaging.operation.type': 'process',
    })
    expect(batch?.parentSpanContext).toBeUndefined()
    expect(await points('messaging.client.consumed.messages')).toMatchObject([{ value: 3 }])
    expect(await points('messaging.process.duration')).toHaveLength(1)

    await right(rebuildProjection(totals(1))(traced))
    expect(spanOf('build totals')).toMatchObject({
      status: { code: SpanStatusCode.UNSET },
      attributes: { 'reprise.projection.version': 1, 'reprise.outcome': 'activated' },
    })
  })

  it('links a batch to the spans of its events, each once', async () => {
    const { traced, counters } = application()
    await right(counters().handleCommand('a', add(1, 2)))
    const cause = spanOf('handle counter').spanContext()
    const handled: unknown[] = []
    const run = running((signal) =>
      runSubscription({
        name: 'copies',
        from: fromStart,
        events: counter.events,
        handle: (event) => TE.fromIO(() => void handled.push(event)),
      })(traced, { signal }),
    )
    await eventually(() => spans('batch copies').length > 0)
    await right(() => run.stop())
    expect(spans('batch copies')[0]?.links.map(({ context: { spanId } }) => spanId)).toEqual([
      cause.spanId,
    ])
  })
})

describe('telemetry for operators', () => {
  it('shows lag, parked events and the horizon when metrics are collected', async () => {
    const { telemetry, backend, traced, counters, points } = application()
    let asked = 0
    const { status, horizon } = backend.operator
    const counted = { status: () => (asked++, status()), horizon }
    const stop = telemetry.operator(counted)
    await right(counters().handleCommand('a', add(1, 2)))
    const run = running((signal) =>
      runSubscription(
        telemetry.subscription({
          name: 'mails',
          from: fromStart,
          events: counter.events,
          poison: parkAfter(1),
          handle: () => TE.left(new Error('no')),
        }),
      )(traced, { signal }),
    )
    await eventually(async () => (await points('reprise.subscription.parked'))[0]?.value === 1)
    expect(await points('reprise.subscription.parked')).toEqual([
      {
        attributes: {
          'messaging.destination.name': 'mails',
          'messaging.destination.partition.id': '0',
        },
        value: 1,
      },
    ])
    expect(await points('reprise.subscription.running')).toMatchObject([{ value: 1 }])
    expect(await points('reprise.subscription.waiting')).toMatchObject([{ value: 0 }])
    expect(await points('reprise.outbox.parked')).toMatchObject([{ value: 0 }])
    expect(await points('reprise.horizon.behind')).toEqual([{ attributes: {}, value: 0 }])
    const notices = await points('reprise.notices')
    expect(notices.map(({ attributes }) => attributes['reprise.notice'])).toContain('EventFailed')
    expect(spanOf('process mails').status.code).toBe(SpanStatusCode.ERROR)
    await right(() => run.stop())
    stop()
    const before = asked
    await points('reprise.subscription.parked')
    expect(asked).toBe(before)
  })

  it('shows each number of a partition and of the horizon under a name of its own', async () => {
    const { telemetry, backend, counters, points } = application()
    await right(counters().handleCommand('a', add(1, 2)))
    await right(backend.subscriptions.register({ name: 'mails', partitions: 1, position: 0 }))
    const [stored] = await right(backend.operator.status())
    if (stored === undefined) throw new Error('there is no partition')
    expect(stored.lag).toMatchObject({ events: 2 })
    const lag = { ...stored.lag, seconds: 7 }
    const status = TE.right([{ ...stored, lag, parked: 3, waiting: 4, parkedCommands: 5 }])
    const holder = { position: 9, pid: 1, age: 2_500 } as HorizonHolder
    const horizon = TE.right({ horizon: 8, last: 12, holders: [holder, { ...holder, age: 100 }] })
    const stop = telemetry.operator({ status: () => status, horizon: () => horizon })
    const expected = {
      'reprise.subscription.lag': 2,
      'reprise.subscription.lag.age': 7,
      'reprise.subscription.parked': 3,
      'reprise.subscription.waiting': 4,
      'reprise.outbox.parked': 5,
      'reprise.subscription.running': 0,
      'reprise.horizon.age': 2.5,
      'reprise.horizon.behind': 4,
    }
    for (const [name, value] of Object.entries(expected)) {
      expect([name, await points(name)]).toMatchObject([name, [{ value }]])
    }
    stop()
  })

  it('shows nothing of a store that does not answer', async () => {
    const { telemetry, points } = application()
    const failed = () => TE.left(storeFailed('Unavailable', 'nothingWritten', new Error('down')))
    telemetry.operator({ status: failed, horizon: failed })
    expect(await points('reprise.subscription.lag')).toEqual([])
    expect(E.isLeft(await failed()())).toBe(true)
  })
})
