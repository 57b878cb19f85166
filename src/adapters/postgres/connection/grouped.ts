import type * as E from 'fp-ts/Either'
import { overloaded, type Overloaded } from '../../../core/errors/store'
import { performance, setImmediate, setTimeout } from '../../../platform/node'

/** What a call takes while its statement is under way: alone, or beside others that do not take it alone. */
export interface Claim {
  readonly name: string
  readonly alone: boolean
}

/** How calls are grouped into statements. */
export interface Grouping<Call, Answer> {
  /** The queue's name in the message of `Overloaded`. */
  readonly name: string
  /** How many calls may wait. One more is `Overloaded`. */
  readonly depth: number
  /** How much they may weigh together, in the units of `weightOf`, unless it is a single one. More is `Overloaded`. */
  readonly queueWeight: number
  /** How many statements may be under way at once, when those before are slow. */
  readonly statements: number
  /**
   * A statement that takes longer than this, in milliseconds, and longer than eight average ones, is
   * slow: the calls that wait do not wait for it.
   */
  readonly slow: number
  /** How much one statement carries, in the units of `sizeOf`. */
  readonly size: number
  readonly sizeOf: (call: Call) => number
  /** How much one statement weighs, unless it carries a single call. */
  readonly weight: number
  /** How much memory a call takes up: a bound on their number alone would bound nothing. */
  readonly weightOf: (call: Call) => number
  /** Two calls with the same key never share a statement; those that share one are in the order of their keys. */
  readonly keyOf: (call: Call) => string
  /**
   * Whether a call waits while one with the same key is under way, unless that is slow: where both write the same rows, one
   * of them would fail.
   */
  readonly oneAtATime?: boolean
  /** Calls whose claims exclude each other never share a statement, and wait for each other in the order of arrival. */
  readonly claimsOf?: (call: Call) => ReadonlyArray<Claim>
  /** The answer to a call that got none, because what runs it has thrown. */
  readonly failed: (cause: unknown) => Answer
}

interface Waiting<Call, Answer> {
  readonly call: Call
  readonly key: string
  readonly claims: ReadonlyArray<Claim>
  readonly size: number
  readonly weight: number
  readonly answer: (answer: Answer | Promise<Answer>) => void
}

/**
 * Carries out some calls, and answers each of them, in their order. An answer that is a promise comes later, and the
 * next statement does not wait for it.
 */
type Run<Call, Answer> = (
  calls: ReadonlyArray<Call>,
) => Promise<ReadonlyArray<Answer | Promise<Answer>>>

/**
 * How many statements are under way at a time for a number of callers. From 16 on, half of them wait for
 * one while the others are answered and call again: so this process and the server work at the same time.
 * Measured on two cores, against one statement at a time: with 32 callers, two of them give
 * 1.2; with 256 callers, two give 1.1, and four 1.4; below 16, sharing one is worth more.
 */
const partsOf = (callers: number): number =>
  callers < 16 ? 1 : Math.min(Math.max(Math.ceil(callers / 48), 2), 4)

/** What is claimed: true if alone. */
type Claimed = Map<string, boolean>

/** What calls that are under way have, so that others wait for them. */
interface Taken {
  readonly claimed: Claimed
  readonly keys: Pick<ReadonlySet<string>, 'has' | 'size'>
}

const claim = (claimed: Claimed, claims: ReadonlyArray<Claim>): void => {
  for (const { name, alone } of claims) claimed.set(name, alone || claimed.get(name) === true)
}

const isClaimed = (claimed: Claimed, { name, alone }: Claim): boolean => {
  const held = claimed.get(name)
  return held !== undefined && (held || alone)
}

interface Next<Call, Answer> {
  readonly group: ReadonlyArray<Waiting<Call, Answer>>
  readonly rest: Waiting<Call, Answer>[]
  /** How many of the rest have a key of the group, or one that is under way. */
  readonly blocked: number
}

/**
 * The next calls in the order of their keys, no two with the same key or with claims that exclude each other, as many as
 * fit but at most `most`; and the rest.
 *
 * @param taken - what calls that are under way have.
 */
const nextGroup = <Call, Answer>(
  queue: Waiting<Call, Answer>[],
  most: number,
  { claimed, keys: underWay }: Taken,
  bounds: Pick<Grouping<Call, Answer>, 'size' | 'weight'>,
): Next<Call, Answer> => {
  if (queue.length === 1 && claimed.size === 0 && underWay.size === 0) {
    return { group: queue, rest: [], blocked: 0 }
  }
  const group: Waiting<Call, Answer>[] = []
  const rest: Waiting<Call, Answer>[] = []
  const keys = new Set<string>()
  let carried = 0
  let carriedWeight = 0
  let blocked = 0
  for (const waiting of queue) {
    const { key, claims, size, weight } = waiting
    const tooMuch = carried + size > bounds.size || carriedWeight + weight > bounds.weight
    const full = group.length >= most || (group.length > 0 && tooMuch)
    const excluded = claims.some((one) => isClaimed(claimed, one))
    claim(claimed, claims) // also if it has to wait: those behind it come later
    const isBlocked = keys.has(key) || underWay.has(key)
    if (isBlocked) blocked += 1
    if (full || excluded || isBlocked) {
      rest.push(waiting)
      continue
    }
    group.push(waiting)
    keys.add(key)
    carried += size
    carriedWeight += weight
  }
  group.sort((left, right) => (left.key < right.key ? -1 : 1))
  return { group, rest, blocked }
}

/** Rejects, and does not throw. */
const started = <Call, Answer>(
  run: Run<Call, Answer>,
  calls: ReadonlyArray<Call>,
): Promise<ReadonlyArray<Answer | Promise<Answer>>> => {
  try {
    return run(calls)
  } catch (cause) {
    const reason = cause as Error
    return Promise.reject(reason)
  }
}

const NONE: ReadonlyArray<never> = []
const noClaims = (): ReadonlyArray<Claim> => NONE
const noAnswer = new Error('the statement gave no answer to this call')

/**
 * Lets calls share statements: while one is under way, calls that arrive wait, and go out together in
 * the next one. A single caller is never delayed. Whatever throws: every caller is answered, and the next calls go out.
 */
export const grouped = <Call, Answer>(
  run: Run<Call, Answer>,
  grouping: Grouping<Call, Answer>,
): ((call: Call) => Promise<Answer | E.Left<Overloaded>>) => {
  let queue: Waiting<Call, Answer>[] = []
  let queueWeight = 0
  let underWay = 0
  let callsUnderWay = 0
  let average = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  const { claimsOf = noClaims, oneAtATime = false } = grouping
  type Group = ReadonlyArray<Waiting<Call, Answer>>
  const claiming = new Set<Group>() // the groups under way, where calls have claims
  // Where calls with the same key are under way one at a time: these keys, with the time at which
  // their statement began, and how many calls wait for one of them.
  const keysUnderWay = new Map<string, number>()
  let blocked = 0

  const runGroup = (group: Group): void => {
    const begun = performance.now()
    if (oneAtATime) for (const { key } of group) keysUnderWay.set(key, begun)
    const answerAll = (answers: ReadonlyArray<Answer | Promise<Answer>>, cause: unknown): void => {
      for (let index = 0; index < group.length; index++) {
        group[index]?.answer(answers[index] ?? grouping.failed(cause))
      }
      ended(group, begun)
    }
    started(
      run,
      group.map(({ call }) => call),
    ).then(
      (answers) => answerAll(answers, noAnswer),
      (cause: unknown) => answerAll(NONE, cause),
    )
  }

  const ended = (group: Group, begun: number): void => {
    average += (performance.now() - begun - average) / 8
    claiming.delete(group)
    if (oneAtATime) {
      for (const { key } of group) if (keysUnderWay.get(key) === begun) keysUnderWay.delete(key)
      blocked = 0 // counted again at the next start
    }
    // Callers that have just been answered may call again at once: let them share the next statement.
    // Otherwise the first of them is sent without the others, and they wait for it.
    if (group.length > 1) setImmediate(free, group.length)
    else free(group.length)
  }

  const free = (calls: number): void => {
    underWay -= 1
    callsUnderWay -= calls
    advance()
  }

  /** False if all that wait are excluded by what is under way. */
  const start = (keys: Taken['keys'] = keysUnderWay): boolean => {
    const all = queue.length + callsUnderWay
    const most = Math.ceil(all / partsOf(all))
    const claimed: Claimed = new Map()
    for (const group of claiming) for (const { claims } of group) claim(claimed, claims)
    const { group, rest, blocked: left } = nextGroup(queue, most, { claimed, keys }, grouping)
    queue = rest
    if (oneAtATime) blocked = left
    if (group.length === 0) return false
    for (const { weight } of group) queueWeight -= weight
    underWay += 1
    callsUnderWay += group.length
    if (grouping.claimsOf !== undefined) claiming.add(group)
    runGroup(group)
    return true
  }

  /** Whether enough calls wait for another statement, beside those under way. */
  const isDue = (): boolean => {
    const ready = queue.length - blocked
    const all = ready + callsUnderWay
    const parts = partsOf(all)
    return underWay > 0 && underWay < parts && ready >= Math.floor(all / parts)
  }

  const slowness = (): number => Math.max(grouping.slow, 8 * average)

  /** The keys under way, but for those of slow statements. */
  const keysOfFast = (): ReadonlySet<string> => {
    const since = performance.now() - slowness()
    return new Set([...keysUnderWay].flatMap(([key, begun]) => (begun > since ? [key] : [])))
  }

  const startLate = (): void => {
    timer = undefined
    if (queue.length > 0 && underWay < grouping.statements) start(keysOfFast())
    advance()
  }

  const advance = (): void => {
    if (queue.length > 0 && underWay === 0) start()
    while (isDue() && start());
    if (queue.length > 0 && timer === undefined && underWay < grouping.statements) {
      timer = setTimeout(startLate, slowness())
    }
  }

  return (call) => {
    const weight = grouping.weightOf(call)
    const tooHeavy = queue.length > 0 && queueWeight + weight > grouping.queueWeight
    if (tooHeavy || queue.length >= grouping.depth) {
      return Promise.resolve({ _tag: 'Left', left: overloaded(grouping.name, queue.length) })
    }
    const [key, claims, size] = [grouping.keyOf(call), claimsOf(call), grouping.sizeOf(call)]
    return new Promise((answer) => {
      queue.push({ call, key, claims, size, weight, answer })
      queueWeight += weight
      if (keysUnderWay.has(key)) blocked += 1
      advance()
    })
  }
}
