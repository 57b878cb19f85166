/** The name of the source that a shard is. */
export const sourceName = (shard: number): string => `shard-${shard}`
