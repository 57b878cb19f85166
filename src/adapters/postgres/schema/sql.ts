/**
 * A time in milliseconds since 1970-01-01 UTC, without fractions, as a double. By `date_part`, for `extract` counts
 * in decimals, at four times the cost; it is off by less than half a microsecond, hence the addition.
 */
export const milliseconds = (time: string): string =>
  `floor(date_part('epoch', ${time}) * 1000 + 0.0005)`
