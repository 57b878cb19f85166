import * as E from 'fp-ts/Either'
import fc from 'fast-check'
import type { DeciderCheck } from './decider-check'
import { acceptance, judge } from './judge'
import { lawsOf } from './laws-of'
import type { LawReport } from './report'
import { storiesOf } from './stories'

/**
 * Checks a decider of yours against the laws that every decider must keep. It throws nothing: hand the
 * report to {@link assertLaws} in a test of any runner, or look at its `results`.
 *
 * What is not given is not checked, and the report says so.
 *
 * @example
 * it('keeps the laws', () => assertLaws(checkDecider({ decider: account, codecs })))
 */
export const checkDecider = <Command, State, Event, Rejection>(
  check: DeciderCheck<Command, State, Event, Rejection>,
): LawReport => {
  const seed = check.seed ?? fc.sample(fc.nat(), 1)[0] ?? 0
  const parameters = { seed, numRuns: check.runs ?? 1_000 }
  const stories = storiesOf(check)
  if (E.isLeft(stories)) {
    const law = 'the laws can be checked'
    const meaning = 'commands and events can be made up'
    const problem = stories.left
    return {
      seed,
      results: [{ _tag: 'Broken', law, meaning, problem, counterexample: 'none', seed }],
    }
  }
  const results = lawsOf(check).map((law) => judge(law, stories.right, parameters))
  return { seed, results: [acceptance(check.decider, stories.right, parameters), ...results] }
}
