import type { Model } from './explore'

/** How far a writer has come. A prepared transaction has no session any more, and waits for its second phase. */
type Phase =
  | 'begun'
  | 'looked'
  | 'locked'
  | 'announced'
  | 'drawn'
  | 'prepared'
  /** Its rows are visible, and its lock is held still. */
  | 'visible'
  /** Its lock is released, and its rows are not visible yet. */
  | 'released'
  | 'committed'
  | 'rolledBack'

interface Writer {
  readonly phase: Phase
  /** What it has seen as the last value of the sequence. */
  readonly seen: number
  /** What the locks say that it holds. */
  readonly locks: ReadonlyArray<number>
  readonly drawn: ReadonlyArray<number>
}

interface Reader {
  readonly phase: 'start' | 'seen' | 'trying' | 'looked'
  /** The last value of the sequence that it has seen. While it tries keys: as far as it goes without a writer. */
  readonly seen: number
  /** The key to try next. */
  readonly next: number
  /** The horizon that its session remembers. */
  readonly known: number | undefined
  readonly horizon: number
  /** The events that it can see: those of the snapshot of its statement. */
  readonly rows: ReadonlyArray<number>
}

/** The database, three writers, and two readers with one checkpoint. */
export interface HorizonState {
  readonly last: number
  readonly writers: ReadonlyArray<Writer>
  readonly readers: ReadonlyArray<Reader>
  readonly checkpoint: number
  /** What the subscription was given. */
  readonly given: ReadonlyArray<number>
  /** How often the server may still crash. */
  readonly crashes: number
  /** How many positions the first writer may draw. */
  readonly draws: number
}

/** How events are written and read. */
export interface Algorithm {
  /** Up to where a position can be called safe at all: a sequence may fall back when the server crashes. */
  readonly trusts: 'the highest visible position' | 'the sequence'
  /** A reader may read on to a horizon that it has seen, also when the server has crashed meanwhile. */
  readonly horizon: 'used again' | 'asked for each time'
  /** The lock comes before the first position, or after it. */
  readonly announces: 'before drawing' | 'after drawing'
  /** Rows become visible before the lock is released, or afterwards. */
  readonly releases: 'after the rows' | 'before the rows'
  readonly reads:
    | 'sequence, locks, events'
    | 'locks, sequence, events'
    /** The snapshot of the events is older than the look at the locks. */
    | 'events, sequence, locks'
    /** On to the highest position that can be seen. */
    | 'the highest'
    /** On to the first position that is missing. */
    | 'until a gap'
  /** Once it knows a horizon, a session tries the keys from there on one by one, or lists all locks each time. */
  readonly goesOn: 'by keys' | 'by lists'
  /** By how much the sequence may have moved on when a writer has its lock. If it is more, it announces again. */
  readonly lateBy: number
  /** How far before the horizon that it knows a session begins to try keys. */
  readonly beginsBefore: number
}

export const announcedLowerBound: Algorithm = {
  trusts: 'the highest visible position',
  horizon: 'used again',
  announces: 'before drawing',
  releases: 'after the rows',
  reads: 'sequence, locks, events',
  goesOn: 'by keys',
  lateBy: 1,
  beginsBefore: 1,
}

const NAMES = ['A', 'B', 'C']

const replaced = <Item>(items: ReadonlyArray<Item>, at: number, item: Item): ReadonlyArray<Item> =>
  items.map((one, index) => (index === at ? item : one))

const visible = ({ writers }: Pick<HorizonState, 'writers'>): ReadonlyArray<number> =>
  writers
    .flatMap(({ phase, drawn }) => (phase === 'visible' || phase === 'committed' ? drawn : []))
    .sort((left, right) => left - right)

const held = ({ writers }: HorizonState): ReadonlyArray<number> =>
  writers.flatMap(({ locks }) => locks)

type Step = readonly [name: string, next: HorizonState]

const writerSteps = (
  state: HorizonState,
  at: number,
  algorithm: Algorithm,
): ReadonlyArray<Step> => {
  const writer = state.writers[at]!
  const name = NAMES[at]!
  const { phase, drawn, seen } = writer
  const to = (what: string, next: Partial<Writer>, last = state.last): Step => [
    `writer ${name} ${what}`,
    { ...state, last, writers: replaced(state.writers, at, { ...writer, ...next }) },
  ]
  const early = algorithm.announces === 'before drawing'
  const draw = (): Step =>
    to(
      `draws ${state.last + 1}`,
      { phase: 'drawn', drawn: [...drawn, state.last + 1] },
      state.last + 1,
    )
  const rollBack = to('rolls back, or its process dies', { phase: 'rolledBack', locks: [] })
  const commit = (): ReadonlyArray<Step> => [
    algorithm.releases === 'after the rows'
      ? to('commits: its rows are visible', { phase: 'visible' })
      : to('releases its lock', { phase: 'released', locks: [] }),
  ]
  const lock = (phase: Phase, key: number): Step =>
    to(`announces ${key}`, { phase, seen: key, locks: [...writer.locks, key] })
  switch (phase) {
    case 'begun':
      return [to(`sees ${state.last} as the last position`, { phase: 'looked', seen: state.last })]
    case 'looked':
      return early ? [lock('locked', seen)] : [draw()]
    case 'locked':
      return [
        state.last <= seen + algorithm.lateBy
          ? to('is not late', { phase: 'announced' })
          : to(`is late: it sees ${state.last}`, { phase: 'looked', seen: state.last }),
        rollBack,
      ]
    case 'announced':
      return [...(early ? [draw()] : commit()), rollBack]
    case 'drawn': {
      if (!early && writer.locks.length === 0) return [lock('drawn', seen), rollBack]
      const more = drawn.length < (at === 0 ? state.draws : 1) ? [draw()] : []
      return [...more, ...commit(), rollBack, to('prepares its transaction', { phase: 'prepared' })]
    }
    case 'prepared':
      return [...commit(), to('rolls back what was prepared', { phase: 'rolledBack', locks: [] })]
    case 'released':
      return [to('commits: its rows are visible', { phase: 'committed' })]
    case 'visible':
      return [to('releases its lock', { phase: 'committed', locks: [] })]
    case 'committed':
    case 'rolledBack':
      return []
  }
}

const horizonOf = (state: HorizonState, seen: number, { reads }: Algorithm): number => {
  const rows = visible(state)
  switch (reads) {
    case 'sequence, locks, events':
    case 'locks, sequence, events':
    case 'events, sequence, locks':
      return Math.min(seen, ...held(state))
    case 'the highest':
      return rows.at(-1) ?? 0
    case 'until a gap': {
      let end = state.checkpoint
      while (rows.includes(end + 1)) end += 1
      return end
    }
  }
}

const readerSteps = (
  state: HorizonState,
  at: number,
  algorithm: Algorithm,
): ReadonlyArray<Step> => {
  const reader = state.readers[at]!
  const name = `reader ${at + 1}`
  const to = (what: string, next: Reader, rest: Partial<HorizonState> = {}): Step => [
    `${name} ${what}`,
    { ...state, ...rest, readers: replaced(state.readers, at, next) },
  ]
  const { reads } = algorithm
  const idle: Reader = { ...reader, phase: 'start', seen: 0, next: 0, horizon: 0, rows: [] }
  const looked = (horizon: number): Step =>
    to(`has the horizon ${horizon}`, {
      ...reader,
      phase: 'looked',
      seen: 0,
      next: 0,
      horizon,
      known: algorithm.goesOn === 'by keys' ? horizon : undefined,
    })
  /** Saves the step: only who has begun at the checkpoint may. */
  const save = (rows: ReadonlyArray<number>, horizon: number, next = idle): Step => {
    const events = rows.filter((row) => row > state.checkpoint && row <= horizon)
    const checkpoint = Math.max(state.checkpoint, horizon)
    const given = [...state.given, ...events]
    return to(`is given [${events.join(', ')}] and saves ${checkpoint}`, next, {
      checkpoint,
      given,
    })
  }
  if (reads === 'the highest' || reads === 'until a gap') {
    return [save(visible(state), horizonOf(state, state.last, algorithm))]
  }
  switch (reader.phase) {
    case 'start': {
      const rows = reads === 'events, sequence, locks' ? visible(state) : []
      if (reads === 'locks, sequence, events') {
        const horizon = Math.min(state.last + 9, ...held(state))
        return [to('looks at the locks', { ...idle, phase: 'seen', horizon })]
      }
      return [
        to(`sees ${state.last} in the sequence`, {
          ...idle,
          phase: 'seen',
          seen: state.last,
          rows,
        }),
      ]
    }
    case 'seen': {
      const highest = algorithm.trusts === 'the sequence' ? Infinity : (visible(state).at(-1) ?? 0)
      const bound =
        reads === 'locks, sequence, events'
          ? Math.min(reader.horizon, state.last)
          : horizonOf(state, reader.seen, algorithm)
      const horizon = Math.min(bound, highest)
      const safe = Math.min(reader.seen, highest)
      const { known } = reader
      if (known === undefined || known > safe) return [looked(horizon)]
      if (known === safe) return [looked(known)]
      const next = Math.max(known - algorithm.beginsBefore, 0)
      return [to(`tries keys from ${next} on`, { ...reader, phase: 'trying', seen: safe, next })]
    }
    case 'trying': {
      const { next, seen: safe, known = 0 } = reader
      if (held(state).includes(next)) {
        // Where it gets no further, it lists all locks once in a while.
        const listed = Math.min(safe, Math.max(known, Math.min(...held(state))))
        return next > known ? [looked(next)] : [looked(known), looked(listed)]
      }
      if (next + 1 >= safe) return [looked(safe)]
      return [to(`finds that nobody holds ${next}`, { ...reader, next: next + 1 })]
    }
    case 'looked': {
      const rows = reads === 'events, sequence, locks' ? reader.rows : visible(state)
      const once = save(rows, reader.horizon)
      return algorithm.horizon === 'used again'
        ? [once, save(rows, reader.horizon, reader)]
        : [once]
    }
  }
}

const AT_START: Reader = {
  phase: 'start',
  seen: 0,
  next: 0,
  known: undefined,
  horizon: 0,
  rows: [],
}

/**
 * The server crashes: what was not committed or prepared is gone, and the sequence may have fallen back to what had been
 * written to the disk. A horizon that a reader has in its memory stays there; one that its session remembers is gone with it.
 */
const crash = (state: HorizonState, algorithm: Algorithm): ReadonlyArray<Step> => {
  if (state.crashes === 0) return []
  const writers = state.writers.map((writer): Writer => {
    switch (writer.phase) {
      case 'begun':
      case 'prepared':
      case 'committed':
      case 'rolledBack':
        return writer
      case 'visible':
        return { ...writer, phase: 'committed', locks: [] }
      case 'looked':
      case 'locked':
      case 'announced':
      case 'drawn':
      case 'released':
        return { ...writer, phase: 'rolledBack', locks: [] }
    }
  })
  const readers = state.readers.map((reader): Reader =>
    reader.phase === 'looked' && algorithm.horizon === 'used again'
      ? { ...reader, known: undefined }
      : AT_START,
  )
  const kept = writers.flatMap(({ phase, drawn }) => (phase === 'rolledBack' ? [] : drawn))
  const after = { ...state, crashes: state.crashes - 1, writers, readers }
  const flushed = Math.max(0, ...kept)
  return [
    ['the server crashes', after],
    [`the server crashes, and its sequence falls back to ${flushed}`, { ...after, last: flushed }],
  ]
}

const problemIn = (state: HorizonState, algorithm: Algorithm): string | undefined => {
  const rows = visible(state)
  const missed = rows.find((row) => row <= state.checkpoint && !state.given.includes(row))
  if (missed !== undefined)
    return `event ${missed} is there, and the checkpoint ${state.checkpoint} is past it`
  if (state.given.some((row, index) => index > 0 && row <= (state.given[index - 1] ?? 0))) {
    return `events were given twice, or out of order: ${state.given.join(', ')}`
  }
  const isOver = state.writers.every(({ phase }) => phase === 'committed' || phase === 'rolledBack')
  const reachable = horizonOf(state, state.last, algorithm)
  const stalled = isOver
    ? rows.find((row) => row > Math.max(reachable, state.checkpoint))
    : undefined
  return stalled === undefined
    ? undefined
    : `event ${stalled} is never given, although all writers have ended`
}

/** How large a model is. */
export interface Size {
  readonly writers: number
  readonly crashes?: number
  /** How many positions the first writer may draw. The others draw one. */
  readonly draws?: number
  /** Two, if it is omitted. */
  readonly readers?: number
}

const keyOfWriter = ({ phase, seen, locks, drawn }: Writer): string =>
  phase === 'rolledBack'
    ? phase
    : `${phase}${phase === 'looked' || phase === 'locked' ? seen : ''}!${locks.join()}!${drawn.join()}`

const keyOfReader = ({ phase, seen, next, known, horizon, rows }: Reader): string =>
  `${phase}${seen}.${next}.${known ?? ''}.${horizon}.${rows.join()}`

/** Writers that draw equally many positions are interchangeable, and so are readers. */
const keyOf = ({
  last,
  writers,
  readers,
  checkpoint,
  given,
  crashes,
  draws,
}: HorizonState): string => {
  const each = writers.map(keyOfWriter)
  const sorted = draws === 1 ? each.sort() : [each[0], ...each.slice(1).sort()]
  const reading = readers.map(keyOfReader).sort()
  return `${last}/${sorted.join('|')}/${reading.join('|')}/${checkpoint}/${given.join()}/${crashes}`
}

/** Some writers, and readers, one of which may take over from the other at any moment. */
export const horizonModel = (
  algorithm: Algorithm,
  { writers, crashes = 0, draws = 1, readers = 2 }: Size,
): Model<HorizonState> => ({
  initial: {
    last: 0,
    writers: Array.from({ length: writers }, () => ({
      phase: 'begun' as const,
      seen: 0,
      locks: [],
      drawn: [],
    })),
    readers: Array.from({ length: readers }, () => AT_START),
    checkpoint: 0,
    given: [],
    crashes,
    draws,
  },
  steps: (state) => [
    ...state.writers.flatMap((_, at) => writerSteps(state, at, algorithm)),
    ...state.readers.flatMap((_, at) => readerSteps(state, at, algorithm)),
    ...crash(state, algorithm),
  ],
  problem: (state) => problemIn(state, algorithm),
  key: keyOf,
})
