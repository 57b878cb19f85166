import type { Attributes, Histogram } from '@opentelemetry/api'

/** A histogram that is given its values many at a time. */
export interface BatchedHistogram {
  readonly record: (value: number, attributes: Attributes) => void
  /** Hands on what waits. To be called when metrics are collected, before they are. */
  readonly flush: () => void
}

const MOST = 256

/**
 * Keeps values, and hands them on 256 at a time: an SDK that records one in the middle of a command takes several times as long as
 * for one of many.
 */
export const batchedHistogram = (histogram: Histogram): BatchedHistogram => {
  const values: number[] = []
  const told: Attributes[] = []
  const flush = (): void => {
    for (const [index, value] of values.entries()) histogram.record(value, told[index])
    values.length = 0
    told.length = 0
  }
  return {
    record: (value, attributes) => {
      values.push(value)
      told.push(attributes)
      if (values.length === MOST) flush()
    },
    flush,
  }
}
