import { type Attributes, type HrTime, ValueType } from '@opentelemetry/api'

/**
 * Since when values are counted: from the beginning (`cumulative`), or from the collection before (`delta`).
 */
export type HistogramTemporality = 'cumulative' | 'delta'

/** The values with the same attributes: a `DataPoint` of `@opentelemetry/sdk-metrics`. */
export interface ProducedPoint {
  readonly startTime: HrTime
  readonly endTime: HrTime
  readonly attributes: Attributes
  readonly value: {
    /** `counts` has one more than `boundaries`, which are the upper ends of the others. */
    buckets: { boundaries: number[]; counts: number[] }
    /** Of all durations, in seconds. */
    sum: number
    /** How many durations there were. */
    count: number
  }
}

/** A histogram that was collected: a `HistogramMetricData` of `@opentelemetry/sdk-metrics`. */
export interface ProducedHistogram {
  readonly descriptor: {
    readonly name: string
    readonly description: string
    readonly unit: string
    readonly valueType: ValueType
  }
  /** `AggregationTemporality`: 0 is delta, 1 is cumulative. */
  readonly aggregationTemporality: 0 | 1
  /** `DataPointType.HISTOGRAM`. */
  readonly dataPointType: 0
  readonly dataPoints: ProducedPoint[]
}

/** What a reader replaces by that of its application. */
export interface ProducedResource {
  readonly attributes: Attributes
  readonly merge: <Other>(other: Other | null) => Other
  readonly getRawAttributes: () => []
}

/** A `CollectionResult` of `@opentelemetry/sdk-metrics`. */
export interface ProducedMetrics {
  resourceMetrics: {
    resource: ProducedResource
    scopeMetrics: { scope: { readonly name: string }; metrics: ProducedHistogram[] }[]
  }
  errors: unknown[]
}

/** A `MetricProducer` of `@opentelemetry/sdk-metrics`, which need not be installed. */
export interface HistogramProducer {
  readonly collect: () => Promise<ProducedMetrics>
}

/** The values with the same attributes, so far. */
interface KeptSeries {
  readonly attributes: Attributes
  readonly counts: number[]
  sum: number
  readonly record: (value: number) => void
}

/** A histogram in plain numbers. */
export interface KeptHistogram {
  readonly description: string
  readonly boundaries: ReadonlyArray<number>
  readonly all: () => Iterable<KeptSeries>
  readonly series: (attributes: Attributes) => KeptSeries
}

/** As many as an SDK keeps for each instrument, the one for all others included. */
const MOST_SERIES = 2_000

const seriesOf = (attributes: Attributes, boundaries: ReadonlyArray<number>): KeptSeries => {
  const counts = Array.from({ length: boundaries.length + 1 }, () => 0)
  const series = {
    attributes,
    counts,
    sum: 0,
    record: (value: number): void => {
      let bucket = 0
      while (bucket < boundaries.length && value > (boundaries[bucket] ?? 0)) bucket += 1
      counts[bucket] = (counts[bucket] ?? 0) + 1
      series.sum += value
    },
  }
  return series
}

export const keptHistogram = (
  description: string,
  boundaries: ReadonlyArray<number>,
): KeptHistogram => {
  const kept = new Map<string, KeptSeries>()
  const overflow = seriesOf({ 'otel.metric.overflow': true }, boundaries)
  const keyOf = (attributes: Attributes) =>
    JSON.stringify(Object.entries(attributes).sort(([one], [other]) => (one < other ? -1 : 1)))
  return {
    description,
    boundaries,
    all: () => (overflow.counts.some((count) => count > 0) ? [...kept.values(), overflow] : kept.values()), // prettier-ignore
    series: (attributes) => {
      const key = keyOf(attributes)
      const known = kept.get(key)
      if (known !== undefined) return known
      if (kept.size === MOST_SERIES - 1) return overflow
      const made = seriesOf(attributes, boundaries)
      kept.set(key, made)
      return made
    },
  }
}

/** What a series was when it was last collected. */
interface Collected {
  readonly counts: ReadonlyArray<number>
  readonly sum: number
}

const toHrTime = (time: number): HrTime => [Math.trunc(time / 1000), (time % 1000) * 1_000_000]

/** The application's own takes its place: a reader keeps the resource of its SDK. */
const NO_RESOURCE: ProducedResource = {
  attributes: {},
  merge: (other) => (other ?? NO_RESOURCE) as never,
  getRawAttributes: () => [],
}

/** Hands over histograms as an SDK does. `begun` is since when they are kept. */
export const produceHistograms = (
  histograms: ReadonlyMap<string, KeptHistogram>,
  temporality: HistogramTemporality,
  begun: number,
): HistogramProducer => {
  const isDelta = temporality === 'delta'
  const before = new Map<KeptSeries, Collected>()
  let since = begun

  const pointsOf = ({ all, boundaries }: KeptHistogram, until: number): ProducedPoint[] => {
    const points: ProducedPoint[] = []
    for (const series of all()) {
      const last = before.get(series)
      const counts = series.counts.map((count, bucket) => count - (last?.counts[bucket] ?? 0))
      const count = counts.reduce((total, one) => total + one, 0)
      if (count === 0) continue
      const sum = series.sum - (last?.sum ?? 0)
      if (isDelta) before.set(series, { counts: [...series.counts], sum: series.sum })
      points.push({
        startTime: toHrTime(since),
        endTime: toHrTime(until),
        attributes: series.attributes,
        value: { buckets: { boundaries: [...boundaries], counts }, sum, count },
      })
    }
    return points
  }

  const collect = (): ProducedMetrics => {
    const until = Date.now()
    const metrics: ProducedHistogram[] = []
    for (const [name, histogram] of histograms) {
      const dataPoints = pointsOf(histogram, until)
      if (dataPoints.length === 0) continue
      metrics.push({
        descriptor: {
          name,
          description: histogram.description,
          unit: 's',
          valueType: ValueType.DOUBLE,
        },
        aggregationTemporality: isDelta ? 0 : 1,
        dataPointType: 0,
        dataPoints,
      })
    }
    if (isDelta) since = until
    const scopeMetrics = metrics.length === 0 ? [] : [{ scope: { name: 'reprise' }, metrics }]
    return { resourceMetrics: { resource: NO_RESOURCE, scopeMetrics }, errors: [] }
  }
  return { collect: () => Promise.resolve(collect()) }
}
