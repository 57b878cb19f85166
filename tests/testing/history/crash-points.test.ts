import * as E from 'fp-ts/Either'
import { type EventStore, storeFailed } from 'reprise/adapter'
import type { MemoryTransaction } from 'reprise/memory'
import { type Proof, simulateStore } from 'reprise/testing'
import { witnessStates } from '../../support/witness'
import { witnessClient } from '../../support/witness-client'
import { scaled } from '../../support/workers'
import { soundParts } from './planted-defects'

/** `REPRISE_CRASH_POINTS=10000` for more. */
const POINTS = scaled('REPRISE_CRASH_POINTS', 1_000)

/** How a call is cut: before its effect or after it, and whether that is answered or thrown. */
const CUTS = ['requestLost', 'answerLost', 'thrownBefore', 'thrownAfter'] as const

type Task = () => Promise<unknown>

const lost = E.left(storeFailed('ConnectionLost', 'unknown', new Error('it was cut')))

/** Cuts one call: that with the number `at`, of all calls to the ports and to what they give inside transactions. */
const cutting = (at: number, cut: (typeof CUTS)[number]) => {
  let calls = 0
  const cutCall =
    (task: Task): Task =>
    async () => {
      if (++calls !== at) return task()
      if (cut === 'answerLost' || cut === 'thrownAfter') await task()
      return cut === 'answerLost' || cut === 'requestLost'
        ? lost
        : Promise.reject(new Error('it was cut'))
    }
  const cutPort = <Port extends object>(port: Port): Port =>
    Object.fromEntries(
      Object.entries(port).map(([name, method]: [string, (...given: unknown[]) => unknown]) => [
        name,
        (...given: unknown[]) => {
          const result = method(...given)
          return typeof result === 'function' ? cutCall(result as Task) : cutPort(result as object)
        },
      ]),
    ) as Port
  return { cutPort, calls: () => calls }
}

/** Events in one call, and the ids of their commands in the next one. */
const inTwoCalls = (store: EventStore): EventStore => ({
  ...store,
  append: (request) => async () => {
    const { events, commands } = request
    if (events.length === 0 || commands.length === 0) return store.append(request)()
    const appended = await store.append({ ...request, commands: [] })()
    if (E.isLeft(appended)) return appended
    const { version } = appended.right
    const marks = commands.map((mark) => ({ ...mark, skip: 0, eventCount: 0 }))
    const marked = { ...request, expectedVersion: version, events: [], commands: marks }
    const answer = await store.append(marked)()
    return E.isLeft(answer) ? answer : appended
  },
})

/** The fixed workload: appends, commands, loads, pages, deliveries, documents and timers, always in the same order. */
const run = async (
  seed: number,
  at: number,
  cut: (typeof CUTS)[number],
  built: (store: EventStore) => EventStore = (store) => store,
): Promise<Proof & { readonly calls: number }> => {
  const { cutPort, calls } = cutting(at, cut)
  const proof = await simulateStore<MemoryTransaction>(
    ({ inline, now }) => {
      const { store, subscriptions, documents, outbox, close } = soundParts({ inline, now })
      const ports = { store, subscriptions, documents, outbox }
      const cutPorts = Object.entries(ports).map(([name, port]) => [name, cutPort(port)] as const)
      const parts = Object.fromEntries(cutPorts) as typeof ports
      return Promise.resolve({ ...parts, store: built(parts.store), close })
    },
    {
      ...{ seed, operations: 12, writers: 1, faults: {} },
      ...{ clients: [witnessClient], states: witnessStates },
    },
  )
  return { ...proof, calls: calls() }
}

describe('a workload that is cut at one call', () => {
  it(`leaves nothing lost, doubled or torn, at ${POINTS} points`, async () => {
    const begun = Date.now()
    let points = 0
    for (let seed = 1; points < POINTS; seed++) {
      const { calls } = await run(seed, 0, 'requestLost')
      for (let at = 1; at <= calls && points < POINTS; at++) {
        for (const cut of CUTS) {
          const { violations } = await run(seed, at, cut)
          points += 1
          if (violations.length > 0) expect({ seed, at, cut, violations }).toBeUndefined()
        }
      }
    }
    const seconds = (Date.now() - begun) / 1_000
    process.stdout.write(`${points} crash points, ${seconds} s\n`)
  }, 1_000_000)

  it('shows that a store forgets the ids of commands that it keeps apart from their events', async () => {
    const isFound = async (seed: number, at: number) => {
      const { violations } = await run(seed, at, 'requestLost', inTwoCalls)
      return violations.some(({ promise }) => promise === 'CommandHandledTwice')
    }
    /** It takes a command that is sent again after it was cut. */
    const firstFound = async (): Promise<object | undefined> => {
      for (let seed = 1; seed <= 10; seed++) {
        expect(await isFound(seed, 0)).toBe(false)
        for (let at = 1; at <= 150; at++) if (await isFound(seed, at)) return { seed, at }
      }
      return undefined
    }
    expect(await firstFound()).toBeDefined()
  }, 60_000)
})
