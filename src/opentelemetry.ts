/**
 * The names of `reprise/opentelemetry`: spans and metrics. It needs `@opentelemetry/api`; whoever does not import it pays
 * nothing for it. Nothing in `src` imports this file.
 */
export {
  openTelemetry,
  type Telemetry,
  type TelemetryOptions,
} from './opentelemetry/open-telemetry'
export type {
  SendCommand,
  SendToBoundary,
  SentOptions,
  TracedBoundary,
  TracedCategory,
  TracedTogether,
} from './opentelemetry/command-telemetry'
export type { Tagged } from './opentelemetry/spans'
