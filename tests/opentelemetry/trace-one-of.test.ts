import { context, type Span, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import {
  AlwaysOnSampler,
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { fromStart, openCategory, runSubscription } from 'reprise'
import { memory } from 'reprise/memory'
import { openTelemetry } from 'reprise/opentelemetry'
import { headSampling } from '../../src/opentelemetry/head-sampling'
import { add, counter } from '../support/counter'
import { eventually } from '../support/eventually'
import { right } from '../support/right'
import { running } from '../support/running'

const exporter = new InMemorySpanExporter()
let asked = 0
const tracerProvider = new BasicTracerProvider({
  sampler: {
    shouldSample: (...of) => {
      asked += 1
      return new AlwaysOnSampler().shouldSample(...(of as unknown as []))
    },
    toString: () => 'counting',
  },
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
  asked = 0
})

const spans = (name: string) => exporter.getFinishedSpans().filter((span) => span.name === name)

const application = (traceOneOf: number) => {
  const telemetry = openTelemetry({ tracerProvider, traceOneOf })
  const traced = telemetry.backend(memory())
  const open = openCategory(telemetry.decisions(counter), traced)
  return { telemetry, traced, counters: telemetry.category('counter', open) }
}

/** Everything that is handled until so many events were, with telemetry. */
const handle = async (
  { telemetry, traced }: ReturnType<typeof application>,
  name: string,
  count: number,
) => {
  const handled: string[] = []
  const run = running((signal) =>
    runSubscription(
      telemetry.subscription({
        name,
        from: fromStart,
        events: counter.events,
        handle: ({ streamId }) => TE.fromIO(() => void handled.push(streamId)),
      }),
    )(traced, { signal }),
  )
  await eventually(() => handled.length === count)
  await right(() => run.stop())
}

describe('one of so many commands begins a trace', () => {
  it('gives a span to exactly one of them in each run, and asks the SDK about no other', async () => {
    const { counters } = application(10)
    for (let sent = 0; sent < 100; sent++) await right(counters.handleCommand('a', add(1)))
    expect(spans('handle counter')).toHaveLength(10)
    expect(spans('decide counter')).toHaveLength(10)
    // Those of the store: an append of each, and a load if it was the first command.
    expect(asked).toBe(exporter.getFinishedSpans().length)
    for (const part of [...spans('append'), ...spans('decide counter')]) {
      expect(part.parentSpanContext).toBeDefined()
    }
  })

  it('leaves the events of a command without a span as they would be without telemetry', async () => {
    const { counters } = application(1_000_000_000)
    const told = await right(counters.handleCommand('a', add(1, 2)))
    expect(told.events.map(({ metadata }) => metadata)).toEqual([{}, {}])
    expect(exporter.getFinishedSpans()).toEqual([])
  })

  it('always gives a span to a command inside a span that is recorded', async () => {
    const { counters } = application(1_000_000_000)
    const request = tracerProvider.getTracer('the application').startSpan('request')
    await context.with(trace.setSpan(context.active(), request), async () => {
      for (let sent = 0; sent < 5; sent++) await right(counters.handleCommand('a', add(1)))
    })
    request.end()
    const parents = spans('handle counter').map(
      ({ parentSpanContext }) => parentSpanContext?.spanId,
    )
    expect(parents).toEqual(Array.from({ length: 5 }, () => request.spanContext().spanId))
    expect(spans('append')).toHaveLength(5)
  })

  it('always gives a span to a command that a sampled span of another process has led to', async () => {
    const { counters } = application(1_000_000_000)
    const other = { traceId: '1'.repeat(32), spanId: '2'.repeat(16), isRemote: true }
    const sentFrom = (traceFlags: number) =>
      context.with(trace.setSpanContext(context.active(), { ...other, traceFlags }), () =>
        right(counters.handleCommand('a', add(1))),
      )
    await sentFrom(0)
    expect(spans('handle counter')).toEqual([])
    await sentFrom(1)
    expect(spans('handle counter').map((span) => span.spanContext().traceId)).toEqual([
      other.traceId,
    ])
  })

  it('follows a command that has a span to what handles its events, and leaves the others out', async () => {
    const everything = application(1_000_000_000)
    const { counters } = everything
    await right(counters.handleCommand('a', add(1)))
    const request: Span = tracerProvider.getTracer('the application').startSpan('request')
    await context.with(trace.setSpan(context.active(), request), () =>
      right(counters.handleCommand('b', add(1))),
    )
    request.end()
    const [cause] = spans('handle counter')
    await handle(everything, 'copies', 2)
    for (const name of ['process copies', 'batch copies']) {
      expect(spans(name).map(({ links }) => links.map((link) => link.context.spanId))).toEqual([
        [cause?.spanContext().spanId],
      ])
    }
    expect(spans('process copies')[0]?.attributes).toMatchObject({
      'reprise.stream.id': 'counter-b',
    })
  })

  it('begins a trace for all of them unless it is told otherwise, or is told nonsense', async () => {
    for (const traceOneOf of [1, 0, -3, 2.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      exporter.reset()
      const everything = application(traceOneOf)
      for (let sent = 0; sent < 3; sent++) {
        await right(everything.counters.handleCommand('a', add(1)))
      }
      expect(spans('handle counter')).toHaveLength(3)
      await handle(everything, `copies${traceOneOf}`, 3)
      expect(spans(`process copies${traceOneOf}`)).toHaveLength(3)
    }
  })

  it('draws which of them it is, so that no rhythm of commands hides any', () => {
    const places = [0.999, 0, 0.5]
    const { followsOrBegins } = headSampling(4, () => places.shift() ?? 0)
    const chosen = Array.from({ length: 12 }, () => followsOrBegins())
    expect(chosen.flatMap((isChosen, index) => (isChosen ? [index] : []))).toEqual([3, 4, 10])
  })

  it('changes no answer, of a command with a span or without', async () => {
    const { counters } = application(2)
    const answers: E.Either<unknown, unknown>[] = []
    for (let sent = 0; sent < 4; sent++) answers.push(await counters.handleCommand('a', add(-1))())
    expect(answers.map((answer) => E.isLeft(answer) && answer.left)).toEqual(
      Array.from({ length: 4 }, () => expect.objectContaining({ _tag: 'Rejected' }) as unknown),
    )
    expect(spans('handle counter')).toHaveLength(2)
  })
})
