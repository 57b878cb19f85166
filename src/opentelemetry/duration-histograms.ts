import type { Attributes, Meter } from '@opentelemetry/api'
import {
  type HistogramProducer,
  type HistogramTemporality,
  type KeptHistogram,
  keptHistogram,
  produceHistograms,
} from './histogram-producer'

/** Bounds of durations, in seconds: from what memory takes to longer than a caller waits. */
const DURATIONS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** The durations with the same attributes. To be kept by who records them: it costs more to find one than to record. */
export interface DurationSeries {
  /** Adds a duration, in seconds. */
  readonly record: (seconds: number) => void
}

/** A histogram of durations. */
export interface DurationHistogram {
  readonly series: (attributes: Attributes) => DurationSeries
}

/** Where histograms of durations are kept: see {@link durationHistograms}. */
export interface DurationHistograms {
  /**
   * For the `metricProducers` of one metric reader. With `delta` each collection gets what has come since the one before:
   * so each reader needs a producer of its own.
   *
   * @param temporality - the one that its exporter wants: `cumulative` for Prometheus and, unless it is configured
   *   otherwise, OTLP.
   */
  readonly producer: (temporality: HistogramTemporality) => HistogramProducer
  /** The histogram of this name; the same one for the same name. */
  readonly histogram: (name: string, description: string) => DurationHistogram
}

/**
 * Histograms that this library keeps in numbers of its own, and hands over when metrics are collected: an SDK takes a
 * microsecond and more for each value, to find what it belongs to. Made before the metric readers, which get a `producer`, and
 * given to `openTelemetry`. At most 2000 sets of attributes are kept for each histogram: all further ones are one, with
 * `otel.metric.overflow`. Views do not change them.
 *
 * @example
 * const histograms = durationHistograms()
 * const reader = new PeriodicExportingMetricReader({
 *   exporter: new ConsoleMetricExporter(),
 *   metricProducers: [histograms.producer('cumulative')],
 * })
 * const meterProvider = new MeterProvider({ readers: [reader] })
 * const telemetry = openTelemetry({ meterProvider, histograms })
 */
export const durationHistograms = (): DurationHistograms => {
  const kept = new Map<string, KeptHistogram>()
  const begun = Date.now()
  return {
    producer: (temporality) => produceHistograms(kept, temporality, begun),
    histogram: (name, description) => {
      const known = kept.get(name)
      if (known !== undefined) return known
      const made = keptHistogram(description, DURATIONS)
      kept.set(name, made)
      return made
    },
  }
}

const MOST_WAITING = 256

/** Histograms of a meter, and what hands on the values that wait: to be called before metrics are collected. */
export interface MeteredHistograms extends Pick<DurationHistograms, 'histogram'> {
  readonly flush: () => void
}

/**
 * Histograms of an SDK. It is given 256 values at a time: one in the middle of a command takes it several times as long as one
 * of many.
 */
export const meteredHistograms = (meter: Meter): MeteredHistograms => {
  const waiting: (() => void)[] = []
  return {
    histogram: (name, description) => {
      const histogram = meter.createHistogram(name, {
        unit: 's',
        description,
        advice: { explicitBucketBoundaries: DURATIONS },
      })
      const values: number[] = []
      const told: Attributes[] = []
      const flush = (): void => {
        for (const [index, value] of values.entries()) histogram.record(value, told[index])
        values.length = 0
        told.length = 0
      }
      waiting.push(flush)
      return {
        series: (attributes) => ({
          record: (seconds) => {
            values.push(seconds)
            told.push(attributes)
            if (values.length === MOST_WAITING) flush()
          },
        }),
      }
    },
    flush: () => {
      for (const flush of waiting) flush()
    },
  }
}
