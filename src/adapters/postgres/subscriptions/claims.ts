import * as E from 'fp-ts/Either'
import { isIsolatable, type StoreFailed } from '../../../core/errors/store'
import type { FailureNote } from '../../../core/errors/subscription'
import type {
  Claim,
  ClaimReport,
  MissingFilter,
  SubscriptionStore,
} from '../../../core/ports/subscription-store'
import { processPrefix } from '../../../core/process-manager'
import { setTimeout } from '../../../platform/node'
import { named, type Executor, writeRows } from '../connection/query'
import { quoteIdentifier } from '../schema/names'

/** Any number of claims, in their order, and for each what its owner would have to poll for otherwise. */
const claimAll = (schema: string): string => `
select r.place::integer, c.partition, c.token, c."position", c.lineage, c.takeovers, c.failure, c.share,
       c.outdated, (select ${schema}.readable()) as readable,
       case when starts_with(r.claim->>'subscription', '${processPrefix}') then (
         select date_part('epoch', min(o.due_at) - clock_timestamp()) * 1000 from ${schema}.outbox o
           where o.process = substr(r.claim->>'subscription', ${processPrefix.length + 1}) and not o.parked
       ) end as "dueIn"
from jsonb_array_elements($1::text::jsonb) with ordinality as r(claim, place),
     lateral ${schema}.claim(r.claim->>'subscription', r.claim->>'instance', (r.claim->>'duration')::integer,
       r.claim->'filter', r.claim->'partitions') c
order by r.place`

interface ClaimRow {
  /** Which of the claims this row answers, from 1. */
  readonly place: number
  /** null: there is no row for a partition, only the share. */
  readonly partition: number | null
  readonly token: number
  readonly position: number
  readonly takeovers: number
  readonly lineage: string | null
  /** Not null: the partition is stopped. */
  readonly failure: FailureNote | null
  readonly share: number | null
  /** Not null: the instance gets nothing. */
  readonly outdated: MissingFilter | null
  readonly readable: number
  /** null: there is no such command. */
  readonly dueIn: number | null
}

const toClaim = (subscription: string, rows: ReadonlyArray<ClaimRow>): Claim => {
  const [first] = rows
  return {
    leases: rows.flatMap(({ partition, token, position, lineage, takeovers, failure }) => {
      if (partition === null || failure !== null) return []
      const lease = { subscription, partition, token, position, takeovers }
      return [lineage === null ? lease : { ...lease, lineage }]
    }),
    share: first?.share ?? 0,
    stopped: rows.flatMap(({ partition, failure }) =>
      partition === null || failure === null ? [] : [{ partition, failure }],
    ),
    ...(first === undefined ? {} : { readable: first.readable }),
    ...(first === undefined || first.outdated === null ? {} : { outdated: first.outdated }),
    ...(first === undefined || first.dueIn === null ? {} : { dueIn: first.dueIn }),
  }
}

type Answer = E.Either<StoreFailed, Claim>

/** A claim as the statement takes it. */
interface SentClaim extends ClaimReport {
  readonly subscription: string
  readonly instance: string
  readonly duration: number
}

interface WaitingClaim {
  readonly sent: SentClaim
  readonly answer: (claim: Answer | Promise<Answer>) => void
}

/** How long a claim waits for others to share its statement, in milliseconds. They come every two seconds or so. */
const WINDOW = 10

/**
 * The claims of a process. Those that come at about the same time, as the heartbeats of its subscriptions do, share
 * one statement: idle subscriptions cost next to nothing, however many they are.
 */
export const claimsIn = (schema: string, db: Executor): SubscriptionStore<never>['claim'] => {
  const statement = named('claim', claimAll(quoteIdentifier(schema)))
  let waiting: WaitingClaim[] = []

  const claim = async (group: ReadonlyArray<SentClaim>): Promise<ReadonlyArray<Answer>> => {
    const found = await writeRows<ClaimRow>(db, 'statement', statement, [JSON.stringify(group)])()
    if (E.isRight(found)) {
      return group.map(({ subscription }, index) => {
        const rows = found.right.filter(({ place }) => place === index + 1)
        return E.right(toClaim(subscription, rows))
      })
    }
    if (group.length === 1 || !isIsolatable(found.left)) return group.map(() => found)
    const alone: Answer[] = []
    for (const one of group) alone.push(...(await claim([one])))
    return alone
  }

  const send = (): void => {
    // In the same order from every process: two statements may lock rows of the same subscriptions.
    const group = [...waiting].sort((left, right) =>
      left.sent.subscription < right.sent.subscription ? -1 : 1,
    )
    waiting = []
    const answers = claim(group.map(({ sent }) => sent))
    for (const [index, { answer }] of group.entries()) {
      answer(answers.then((all) => all[index] ?? E.right({ leases: [], share: 0, stopped: [] })))
    }
  }

  return (subscription, instance, duration, report = {}) =>
    () =>
      new Promise((answer) => {
        if (waiting.length === 0) setTimeout(send, WINDOW)
        waiting.push({ sent: { ...report, subscription, instance, duration }, answer })
      })
}
