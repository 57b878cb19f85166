/**
 * The names of `reprise/opentelemetry`: spans and metrics. It needs `@opentelemetry/api`; whoever does not import it pays
 * nothing for it. Nothing in `src` imports this file.
 */
export {
  openTelemetry,
  type Telemetry,
  type TelemetryOptions,
} from './opentelemetry/open-telemetry'
export {
  durationHistograms,
  type DurationHistogram,
  type DurationHistograms,
  type DurationSeries,
} from './opentelemetry/duration-histograms'
export type {
  HistogramProducer,
  HistogramTemporality,
  ProducedHistogram,
  ProducedMetrics,
  ProducedPoint,
  ProducedResource,
} from './opentelemetry/histogram-producer'
export type {
  SendCommand,
  SendToBoundary,
  SentOptions,
  TracedBoundary,
  TracedCategory,
  TracedTogether,
} from './opentelemetry/command-telemetry'
export type { Tagged } from './opentelemetry/spans'
