import type fc from 'fast-check'
import * as E from 'fp-ts/Either'
import { runCommands } from '../../core/algebra/run'
import type { Decider } from '../../core/decider'
import type { FastCheck } from '../fast-check'
import { attempt, type DeciderLaw, type Story } from './law'
import { show } from './show-difference'
import type { LawResult } from './report'

/** How a law is checked: with which fast-check, from which seed, and how often. */
export interface Parameters {
  readonly check: FastCheck
  readonly seed: number
  readonly numRuns: number
}

/** Checks one law on generated scenarios. */
export const judge = <Command, Event>(
  law: DeciderLaw<Command, Event>,
  stories: fc.Arbitrary<Story<Command, Event>>,
  { check, seed, numRuns }: Parameters,
): LawResult => {
  const { name, meaning, unchecked } = law
  if (unchecked !== undefined) return { _tag: 'NotChecked', law: name, meaning, reason: unchecked }
  const problemOf = (story: Story<Command, Event>): string | undefined => {
    const problem = attempt('the decider', () => law.problem(story))
    return E.isLeft(problem) ? problem.left : problem.right
  }
  const property = check.property(stories, (story) => problemOf(story) === undefined)
  const { counterexample } = check.check(property, { seed, numRuns })
  const [story] = counterexample ?? []
  if (story === undefined) return { _tag: 'Held', law: name, meaning, runs: numRuns }
  const problem =
    problemOf(story) ?? 'it failed once and not a second time: the decider is not deterministic'
  return {
    _tag: 'Broken',
    law: name,
    meaning,
    problem,
    counterexample: show(story),
    seed,
  }
}

/** If no command is ever accepted, all laws hold vacuously. */
export const acceptance = <Command, State, Event, Rejection>(
  decider: Decider<Command, State, Event, Rejection>,
  stories: fc.Arbitrary<Story<Command, Event>>,
  { check, seed, numRuns }: Parameters,
): LawResult => {
  const law = 'some command is accepted'
  const meaning = 'at least one of the generated commands records an event'
  const records = ({ commands }: Story<Command, Event>): boolean => {
    const events = attempt('the decider', () => runCommands(decider, commands).events)
    return E.isLeft(events) || events.right.length > 0
  }
  if (check.sample(stories, { seed, numRuns }).some(records)) {
    return { _tag: 'Held', law, meaning, runs: numRuns }
  }
  const problem = 'no command recorded an event: give `commands` that can succeed one after another'
  return { _tag: 'Broken', law, meaning, problem, counterexample: 'every scenario', seed }
}
