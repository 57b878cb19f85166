import { described, explore } from './explore'
import { type Algorithm, announcedLowerBound, horizonModel, type Size } from './horizon'
import { leaseModel, type Saving } from './leases'

const print = (title: string, found: ReturnType<typeof explore>): void =>
  void process.stdout.write(`${described(title, found)}\n`)

/** `REPRISE_MODEL=full`: three writers with two readers, too, 280,208 states. */
const isFull = process.env['REPRISE_MODEL'] === 'full'

const sizes: ReadonlyArray<readonly [string, Size]> = [
  [
    `${isFull ? 'two readers' : 'one reader'} and three writers, on a server that crashes`,
    { writers: 3, crashes: 1, readers: isFull ? 2 : 1 },
  ],
  [
    'two readers and two writers, one of which draws twice, on a server that crashes',
    { writers: 2, draws: 2, crashes: 1 },
  ],
]

const small: Size = { writers: 2, crashes: 1 }
const wide: Size = { writers: 3, readers: 1 }

const naive: ReadonlyArray<readonly [string, Partial<Algorithm>, RegExp, Size?]> = [
  ['calls safe what the sequence has reached', { trusts: 'the sequence' }, /is past it/],
  ['goes on after the highest position that it sees', { reads: 'the highest' }, /is past it/],
  ['waits until there is no gap', { reads: 'until a gap' }, /is never given/],
  ['looks at the locks before the sequence', { reads: 'locks, sequence, events' }, /is past it/],
  [
    'sees events older than its look at the locks',
    { reads: 'events, sequence, locks' },
    /is past it/,
  ],
  ['lets writers announce after they have drawn', { announces: 'after drawing' }, /is past it/],
  ['lets locks go before rows are visible', { releases: 'before the rows' }, /is past it/],
  ['begins at the horizon that it knows', { beginsBefore: 0 }, /is past it/, wide],
  ['lets writers be as late as they like', { lateBy: 9, beginsBefore: 0 }, /is past it/, wide],
]

describe('the horizon, in every interleaving', () => {
  it.each(sizes)(
    'gives every event once and in order, with %s, that commit, roll back, die or prepare',
    (title, size) => {
      const found = explore(horizonModel(announcedLowerBound, size))
      print(title, found)
      expect(found.problem).toBeUndefined()
      expect(found.states).toBeGreaterThan(10_000)
    },
    120_000,
  )

  it.each(
    naive.map(([title, change, problem, size = small]) => [title, change, problem, size] as const),
  )(
    'fails when a reader or the whole %s: the shortest way there is printed',
    (title, change, problem, size) => {
      const found = explore(horizonModel({ ...announcedLowerBound, ...change }, size))
      print(`which ${title}`, found)
      expect(found.problem).toMatch(problem)
      expect(found.way?.length).toBeLessThan(30)
    },
    120_000,
  )
})

const unsafe: ReadonlyArray<readonly [Saving, RegExp]> = [
  ['the own clock', /the effects are|has saved a step/],
  ['checkpoint alone', /has saved a step/],
  ['token and checkpoint, some time before', /the effects are|has saved a step/],
  ['the effect first', /the effects are/],
]

describe('a lease with a fencing token, in every interleaving of two owners', () => {
  it('has every effect once, in order, whoever is frozen for however long', () => {
    const found = explore(leaseModel('token and checkpoint, in one transaction'))
    print('fencing', found)
    expect(found.problem).toBeUndefined()
    expect(found.states).toBeGreaterThan(500)
  }, 60_000)

  it.each(unsafe)(
    'fails when a step is judged by %s: the shortest way there is printed',
    (saving, problem) => {
      const found = explore(leaseModel(saving))
      print(`judged by ${saving}`, found)
      expect(found.problem).toMatch(problem)
    },
    60_000,
  )
})
