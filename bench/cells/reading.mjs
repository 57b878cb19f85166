// Subscribers on PostgreSQL, and the memory store.

export const readingCells = [
  {
    workload: 'catch-up',
    offer: 'catch-up',
    name: 'catch-up',
    title: 'Catch-up of the whole store with decoding, one subscriber',
    events: 1_000_000,
    peerEvents: 50_000,
    eventsPerStream: 1000,
    seedBatch: 1000,
    processes: 1,
    kept: true,
    unit: 'rate',
    limits: ['keyset-read'],
    bars: [
      { of: 'rate', against: 'keyset-read', atLeast: 0.7 },
      { of: 'growth', atMost: 150 },
    ],
  },
  {
    workload: 'live',
    offer: 'live',
    name: 'live-same',
    title: 'Live latency, acknowledged to handled, same process',
    processes: 1,
    unit: 'latency',
    limits: [],
    bars: [{ of: 'p50', atMost: 2 }],
  },
  {
    workload: 'live',
    offer: 'live',
    name: 'live-across',
    title: 'Live latency, acknowledged to handled, across processes',
    processes: 2,
    unit: 'latency',
    limits: [],
    bars: [{ of: 'p50', atMost: 10 }],
  },
  {
    workload: 'memory',
    offer: 'memory',
    name: 'memory',
    title: 'Memory store, command on a 10-event stream',
    // Each batch opens a category of its own. With few commands in it, what is measured is how the collector gets
    // rid of the category's cache, and not the commands: 64 streams cost 0.6 of the rate by chance.
    streams: 1_024,
    eventsPerStream: 10,
    laps: 10,
    processes: 1,
    unit: 'rate',
    limits: ['map'],
    bars: [{ of: 'rate', against: 'best peer', atLeast: 1 }],
  },
]
