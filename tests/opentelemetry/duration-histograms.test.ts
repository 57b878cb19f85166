import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics'
import * as t from 'io-ts'
import { openCategory } from 'reprise'
import { memory } from 'reprise/memory'
import { durationHistograms, openTelemetry } from 'reprise/opentelemetry'
import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus'
import { add, counter } from '../support/counter'
import { right } from '../support/right'

/** Metrics are collected when a test asks for them. */
class AskedReader extends MetricReader {
  protected override onForceFlush(): Promise<void> {
    return Promise.resolve()
  }
  protected override onShutdown(): Promise<void> {
    return Promise.resolve()
  }
}

const NAME = 'reprise.command.duration'

type Temporality = 'cumulative' | 'delta'

/** An SDK with a reader for each temporality, and histograms that have a producer for each of them. */
const metering = (...temporalities: ReadonlyArray<Temporality>) => {
  const histograms = durationHistograms()
  const readers = temporalities.map(
    (temporality) => new AskedReader({ metricProducers: [histograms.producer(temporality)] }),
  )
  const meterProvider = new MeterProvider({ readers })
  const collect = async (reader: MetricReader | undefined, name = NAME) => {
    const collected = await reader?.collect()
    expect(collected?.errors).toEqual([])
    return (collected?.resourceMetrics.scopeMetrics ?? [])
      .flatMap(({ metrics }) => metrics)
      .filter(({ descriptor }) => descriptor.name === name)
  }
  /** The values of the only series there is. */
  const valuesOf = async (reader: MetricReader | undefined) => {
    const [metric] = await collect(reader)
    return metric?.dataPoints.map(({ value }) => value)
  }
  return { histograms, readers, meterProvider, collect, valuesOf }
}

describe('histograms that are kept by the library', () => {
  it('count each duration in its bucket, whose upper end belongs to it', async () => {
    const { histograms, readers, collect } = metering('cumulative')
    const begun = Date.now()
    const series = histograms.histogram(NAME, 'how long').series({ kind: 'a' })
    for (const seconds of [0, 0.0005, 0.0006, 0.3, 10, 11]) series.record(seconds)
    const [metric, ...others] = await collect(readers[0])
    expect(others).toEqual([])
    expect(metric).toMatchObject({
      descriptor: { name: NAME, description: 'how long', unit: 's' },
      aggregationTemporality: 1,
      dataPointType: 0,
      dataPoints: [{ attributes: { kind: 'a' } }],
    })
    const [point] = metric?.dataPoints ?? []
    expect(point?.value).toEqual({
      buckets: {
        boundaries: [
          0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
        ],
        counts: [2, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 1],
      },
      count: 6,
      sum: expect.closeTo(21.3011) as unknown,
    })
    const [from, until] = [point?.startTime, point?.endTime].map(
      (time) => (time?.[0] ?? 0) * 1000 + (time?.[1] ?? 0) / 1e6,
    )
    expect(from).toBeLessThanOrEqual(until ?? 0)
    expect(Math.abs((from ?? 0) - begun)).toBeLessThan(60_000)
  })

  it('are handed over from the beginning, or from the collection before, as the reader wants', async () => {
    const { histograms, readers, valuesOf, collect } = metering('cumulative', 'delta')
    const [cumulative, delta] = readers
    const series = histograms.histogram(NAME, '').series({})
    series.record(1)
    series.record(2)
    expect(await valuesOf(cumulative)).toMatchObject([{ count: 2, sum: 3 }])
    expect(await valuesOf(delta)).toMatchObject([{ count: 2, sum: 3 }])
    series.record(4)
    expect(await valuesOf(cumulative)).toMatchObject([{ count: 3, sum: 7 }])
    const [metric] = await collect(delta)
    expect(metric).toMatchObject({
      aggregationTemporality: 0,
      dataPoints: [{ value: { count: 1, sum: 4 } }],
    })
    expect(metric?.dataPoints.map(({ value }) => value)).toMatchObject([
      { buckets: { counts: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0] } },
    ])
    expect(await valuesOf(delta)).toBeUndefined()
  })

  it('begin where the collection before has ended, if they are handed over from there', async () => {
    const { histograms, readers, collect } = metering('delta')
    const series = histograms.histogram(NAME, '').series({})
    series.record(1)
    const [first] = await collect(readers[0])
    series.record(1)
    const [second] = await collect(readers[0])
    expect(second?.dataPoints[0]?.startTime).toEqual(first?.dataPoints[0]?.endTime)
  })

  it('take different readers that each ask when they like', async () => {
    const { histograms, readers, valuesOf } = metering('delta', 'delta')
    const series = histograms.histogram(NAME, '').series({})
    series.record(1)
    expect(await valuesOf(readers[0])).toMatchObject([{ count: 1 }])
    series.record(1)
    expect(await valuesOf(readers[1])).toMatchObject([{ count: 2 }])
    expect(await valuesOf(readers[0])).toMatchObject([{ count: 1 }])
  })

  it('are one series for the same attributes in any order', async () => {
    const { histograms, readers, valuesOf } = metering('cumulative')
    const histogram = histograms.histogram(NAME, '')
    histogram.series({ a: '1', b: '2' }).record(1)
    histograms.histogram(NAME, '').series({ b: '2', a: '1' }).record(1)
    expect(await valuesOf(readers[0])).toMatchObject([{ count: 2 }])
  })

  it('keep 2000 series of each name, of which the last is for all further ones', async () => {
    const { histograms, readers, collect } = metering('cumulative')
    const histogram = histograms.histogram(NAME, '')
    for (let kind = 0; kind < 2_500; kind++) histogram.series({ kind: String(kind) }).record(1)
    histogram.series({ kind: '1' }).record(1)
    const [metric] = await collect(readers[0])
    expect(metric?.dataPoints).toHaveLength(2_000)
    expect(metric?.dataPoints.at(-1)).toMatchObject({
      attributes: { 'otel.metric.overflow': true },
      value: { count: 501 },
    })
    expect(metric?.dataPoints[1]).toMatchObject({ attributes: { kind: '1' }, value: { count: 2 } })
  })
})

describe('telemetry with histograms of its own', () => {
  it('produces each duration once, with the resource of the application and all other metrics', async () => {
    const { histograms, readers, meterProvider, collect } = metering('cumulative')
    const telemetry = openTelemetry({ meterProvider, histograms })
    const open = openCategory(counter, telemetry.backend(memory()))
    for (let sent = 0; sent < 3; sent++) await right(open.handleCommand('a', add(1)))
    const commandsTold = await collect(readers[0])
    expect(commandsTold).toMatchObject([
      {
        dataPoints: [
          {
            attributes: {
              'reprise.category': 'counter',
              'reprise.command.type': 'Add',
              'reprise.outcome': 'accepted',
            },
            value: { count: 3 },
          },
        ],
      },
    ])
    const operations = await collect(readers[0], 'db.client.operation.duration')
    expect(operations.map(({ dataPoints }) => dataPoints)).toMatchObject([
      [
        { attributes: { 'db.operation.name': 'load' }, value: { count: 1 } },
        { attributes: { 'db.operation.name': 'append' }, value: { count: 3 } },
      ],
    ])
    expect(await collect(readers[0], 'reprise.command.attempts')).toHaveLength(1)
    const collected = await readers[0]?.collect()
    expect(collected?.resourceMetrics.resource.attributes).toHaveProperty(['service.name'])
  })

  it('is read by the exporter for Prometheus as the histograms of the SDK are', async () => {
    const { histograms, readers, meterProvider } = metering('cumulative')
    const telemetry = openTelemetry({ meterProvider, histograms })
    const open = openCategory(counter, telemetry.backend(memory()))
    await right(open.handleCommand('a', add(1)))
    const collected = await readers[0]?.collect()
    if (collected === undefined) throw new Error('there is no reader')
    const serializer = new PrometheusSerializer()
    // The exporter has a copy of the SDK of its own.
    const copied: unknown = collected.resourceMetrics
    const text = serializer.serialize(copied as Parameters<typeof serializer.serialize>[0])
    expect(text).toMatch(/^reprise_command_duration_count\{.*reprise_category="counter".*\} 1$/m)
    expect(text).toMatch(/^reprise_command_duration_bucket\{.*le="\+Inf".*\} 1$/m)
  })

  it('counts types of commands that are made up without end, or hostile, within its bounds', async () => {
    const { histograms, readers, meterProvider, collect } = metering('cumulative')
    const telemetry = openTelemetry({ meterProvider, histograms })
    const anything = { ...counter, commands: t.type({ type: t.string, by: t.array(t.number) }) }
    const open = openCategory(anything as never, telemetry.backend(memory())) as unknown as {
      readonly handle: (id: string, body: unknown) => () => Promise<unknown>
    }
    const hostile = ['__proto__', 'constructor', '', 'a'.repeat(10_000), '"\u0000\ud800']
    const made = Array.from({ length: 2_500 }, (_, index) => `Type${index}`)
    for (const type of [...hostile, ...made, ...hostile]) {
      await open.handle('a', { type, by: [1] })()
    }
    const [metric] = await collect(readers[0])
    expect(metric?.dataPoints).toHaveLength(2_000)
    const types = metric?.dataPoints.map(({ attributes }) => attributes['reprise.command.type'])
    expect(types?.slice(0, 5)).toEqual(hostile)
    expect(metric?.dataPoints[0]?.value).toMatchObject({ count: 2 })
    expect(metric?.dataPoints.at(-1)?.value).toMatchObject({ count: 2_505 - 1_999 })
  })
})
