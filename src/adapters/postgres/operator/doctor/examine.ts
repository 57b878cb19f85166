import * as E from 'fp-ts/Either'
import { type Finding, problem } from '../../../../core/operator/finding'
import type { Operator } from '../../../../core/ports/operator'
import type { Check } from './check'
import { MIGRATIONS } from './migrations-check'

/** Makes one check after the other. Tables are not looked at when they are not those of this release. */
export const examineWith =
  (checks: ReadonlyArray<Check>): Operator['examine'] =>
  () =>
  async () => {
    const findings: Finding[] = []
    let tables = true
    for (const { name, needs, look } of checks) {
      if (needs === 'tables' && !tables) continue
      const found = await look()
      if (E.isLeft(found)) {
        // The server itself: nothing else can be looked at.
        if (findings.length === 0) return found
        const advice = 'Fix this, then run the command again.'
        findings.push(problem(name, found.left.message, advice))
        continue
      }
      findings.push(found.right)
      if (name === MIGRATIONS) tables = found.right.level !== 'problem'
    }
    return E.right(findings)
  }
