import * as E from 'fp-ts/Either'
import { fastCheck } from '../fast-check'
import type { DeciderCheck } from './decider-check'
import { acceptance, judge } from './judge'
import { lawsOf } from './laws-of'
import type { LawReport } from './report'
import { scenariosOf } from './scenarios'

const cannotCheck = (seed: number, problem: string): LawReport => {
  const law = 'the laws can be checked'
  const meaning = 'commands and events can be generated'
  return {
    seed,
    results: [{ _tag: 'Broken', law, meaning, problem, counterexample: 'none', seed }],
  }
}

/**
 * Checks your decider against the laws that every decider must satisfy. Never throws: pass the report to
 * {@link assertLaws} in a test of any runner, or read its `results`.
 *
 * A law that needs something you did not give is not checked, and the report says so.
 *
 * @example
 * const codecs = { commands: accountCommands, events: accountEvents }
 * it('keeps the laws', () => assertLaws(checkDecider({ decider: account, codecs })))
 */
export const checkDecider = <Command, State, Event, Rejection>(
  check: DeciderCheck<Command, State, Event, Rejection>,
): LawReport => {
  const loaded = fastCheck()
  if (E.isLeft(loaded)) return cannotCheck(check.seed ?? 0, loaded.left)
  const fc = loaded.right
  const seed = check.seed ?? fc.sample(fc.nat(), 1)[0] ?? 0
  const parameters = { check: fc, seed, numRuns: check.runs ?? 1_000 }
  const stories = scenariosOf(fc, check)
  if (E.isLeft(stories)) return cannotCheck(seed, stories.left)
  const results = lawsOf(check).map((law) => judge(law, stories.right, parameters))
  return { seed, results: [acceptance(check.decider, stories.right, parameters), ...results] }
}
