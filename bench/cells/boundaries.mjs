// Tags, conditions and several streams on PostgreSQL.

const appends = {
  workload: 'commands',
  offer: 'conditions',
  callers: 32,
  processes: 1,
  streams: 1000,
  eventsPerStream: 0, // a boundary is known to the process that has written it
  warm: true,
  unit: 'rate',
  limits: [],
  bars: [],
}

const transfers = {
  ...appends,
  offer: 'together',
  callers: 16,
  streams: 10, // pairs of accounts
}

const MILLION = 1_000_000

const reads = {
  workload: 'reads',
  offer: 'tagged preload',
  processes: 1,
  preload: MILLION,
  kept: true,
  place: 'tagged',
  unit: 'latency',
  limits: [],
  bars: [],
}

/** Measured beside the cells below, and not on their own. */
export const besideCells = [
  { ...appends, name: 'plain-32', title: 'Appends without tags, 32 callers', way: 'plain' },
  {
    ...transfers,
    name: 'transfers-process',
    title: 'Transfers by a process manager',
    way: 'transfers-process',
  },
  {
    ...reads,
    name: 'check-0',
    title: 'Condition checked at the end of 1,000,000 events',
    way: 'check',
    behind: 0,
  },
]

export const boundaryCells = [
  {
    ...appends,
    name: 'conditional-32',
    title: 'Appends on conditions, 1,000 boundaries, 32 callers',
    way: 'conditional',
    beside: { cell: 'plain-32', contestants: ['reprise'] },
    bars: [
      { of: 'rate', against: 'best peer', atLeast: 3 },
      { of: 'rate', against: 'reprise in plain-32', atLeast: 0.3 },
    ],
  },
  {
    ...transfers,
    name: 'transfers-16',
    title: 'Transfers between 10 pairs of accounts in one append, 16 callers',
    way: 'transfers',
    beside: { cell: 'transfers-process', contestants: ['reprise'] },
    bars: [{ of: 'rate', against: 'reprise in transfers-process', atLeast: 3 }],
  },
  {
    ...reads,
    name: 'model-10',
    title: 'Reading a decision model of 10 events among 1,000,000',
    way: 'model',
    model: 10,
    bars: [{ of: 'p50', atMost: 0.3 }],
  },
  {
    ...reads,
    name: 'model-1000',
    title: 'Reading a decision model of 1,000 events among 1,000,000',
    way: 'model',
    model: 1000,
    bars: [{ of: 'p50', atMost: 12 }],
  },
  {
    ...reads,
    name: 'check-100000',
    title: 'Condition checked 100,000 events behind the end',
    way: 'check',
    behind: 100_000,
    beside: { cell: 'check-0', contestants: ['reprise'] },
    bars: [{ of: 'p50', against: 'reprise in check-0', atMost: 1.2 }],
  },
]
