import assert from 'node:assert'

/** What came of one law. */
export type LawResult = LawHeld | LawBroken | LawNotChecked

/** The law held in every run. */
export interface LawHeld {
  readonly _tag: 'Held'
  readonly law: string
  readonly meaning: string
  readonly runs: number
}

/** The law is broken: `counterexample` is the smallest one that was found. */
export interface LawBroken {
  readonly _tag: 'Broken'
  readonly law: string
  readonly meaning: string
  /** What is wrong with the counterexample. */
  readonly problem: string
  readonly counterexample: string
  /** Give it back to `checkDecider` to see the same again. */
  readonly seed: number
}

/** The law needs something that was not given. */
export interface LawNotChecked {
  readonly _tag: 'NotChecked'
  readonly law: string
  readonly meaning: string
  readonly reason: string
}

/** What came of all laws. */
export interface LawReport {
  readonly seed: number
  readonly results: ReadonlyArray<LawResult>
}

const lines = (result: LawResult, seed: number): ReadonlyArray<string> => {
  switch (result._tag) {
    case 'Held':
      return [`  holds        ${result.law} (${result.runs} runs)`]
    case 'NotChecked':
      return [`  not checked  ${result.law}: ${result.reason}`]
    case 'Broken':
      return [
        `  BROKEN       ${result.law}`,
        `    it means        ${result.meaning}`,
        `    what is wrong   ${result.problem}`,
        `    counterexample  ${result.counterexample}`,
        `    seed            ${seed}`,
      ]
  }
}

/** The report as text: a line for every law, and all that is known about the broken ones. */
export const describeLawReport = ({ results, seed }: LawReport): string => {
  const broken = results.filter(({ _tag }) => _tag === 'Broken').length
  const head =
    broken === 0 ? 'The decider keeps the laws.' : `The decider breaks ${broken} of the laws.`
  return [head, ...results.flatMap((result) => lines(result, seed))].join('\n')
}

/** The laws that are broken. */
export const brokenLaws = ({ results }: LawReport): ReadonlyArray<LawBroken> =>
  results.filter((result) => result._tag === 'Broken')

/** Fails, with the whole report as its message, when a law is broken. For any test runner. */
export const assertLaws = (report: LawReport): void => {
  if (brokenLaws(report).length > 0) assert.fail(describeLawReport(report))
}
