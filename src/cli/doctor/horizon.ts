import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { count } from '../output/text'
import { adviceFor, described, holders, horizonOf } from '../read-side/horizon'
import { type Check, ok, warning } from './check'

/** @param long - seconds from which on an open append is worth a warning. */
export const horizonCheck = (long: number): Check => ({
  name: 'horizon',
  needs: 'tables',
  examine: (session) =>
    pipe(
      TE.Do,
      TE.bindW('held', () => holders(session)),
      TE.bindW('now', () => horizonOf(session)),
      TE.map(({ held, now: { horizon, last } }) => {
        const where = `at ${horizon}, the last position is ${last}`
        const slow = held.find(({ age, pid }) => pid === null || (age ?? 0) > long)
        if (slow !== undefined)
          return warning(`${where}; held back by ${described(slow)}`, adviceFor(slow))
        return ok(held.length === 0 ? where : `${where}; ${count(held.length, 'append')} under way`)
      }),
    ),
})
