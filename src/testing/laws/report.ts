import assert from 'node:assert'

/** The result of one law. */
export type LawResult = LawHeld | LawBroken | LawNotChecked

/** The law held in every run. */
export interface LawHeld {
  readonly _tag: 'Held'
  readonly law: string
  readonly meaning: string
  /** How many scenarios it was tried in. */
  readonly runs: number
}

/** The law is broken; `counterexample` is the smallest one that was found. */
export interface LawBroken {
  readonly _tag: 'Broken'
  readonly law: string
  readonly meaning: string
  /** How the counterexample breaks the law. */
  readonly problem: string
  readonly counterexample: string
  /** Pass it to `checkDecider` to get the same scenarios again. */
  readonly seed: number
}

/** The law could not be checked, because something was not given. */
export interface LawNotChecked {
  readonly _tag: 'NotChecked'
  readonly law: string
  readonly meaning: string
  readonly reason: string
}

/** The results of all laws. */
export interface LawReport {
  /** To pass to `checkDecider`, for the same scenarios again. */
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
        `    meaning         ${result.meaning}`,
        `    problem         ${result.problem}`,
        `    counterexample  ${result.counterexample}`,
        `    seed            ${seed}`,
      ]
  }
}

/**
 * The report as text: a line for every law, with details of the broken ones.
 *
 * @example
 * log(describeLawReport(checkDecider({ decider: giftCard, codecs: { events: giftCardEvents } })))
 */
export const describeLawReport = ({ results, seed }: LawReport): string => {
  const broken = results.filter(({ _tag }) => _tag === 'Broken').length
  const head =
    broken === 0
      ? 'The decider satisfies the laws.'
      : `The decider breaks ${broken} ${broken === 1 ? 'law' : 'laws'}.`
  return [head, ...results.flatMap((result) => lines(result, seed))].join('\n')
}

/**
 * The laws that are broken.
 *
 * @example
 * const report = checkDecider({ decider: giftCard, codecs: { events: giftCardEvents } })
 * const broken = brokenLaws(report).map(({ law }) => law)
 */
export const brokenLaws = ({ results }: LawReport): ReadonlyArray<LawBroken> =>
  results.filter((result) => result._tag === 'Broken')

/**
 * Fails with an `AssertionError` if a law is broken, with the whole report as the message. For any test runner.
 *
 * @example
 * assertLaws(checkDecider({ decider: giftCard, codecs: { events: giftCardEvents } }))
 */
export const assertLaws = (report: LawReport): void => {
  if (brokenLaws(report).length > 0) assert.fail(describeLawReport(report))
}
