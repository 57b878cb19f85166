import type { MetricProducer, MetricReaderOptions } from '@opentelemetry/sdk-metrics'
import { expectTypeOf } from 'expect-type'
import { durationHistograms, type HistogramProducer } from 'reprise/opentelemetry'

// Written as shapes, so that the SDK need not be installed: the SDK takes them for its own.
expectTypeOf<HistogramProducer>().toExtend<MetricProducer>()
export const options: MetricReaderOptions = {
  metricProducers: [durationHistograms().producer('delta')],
}
