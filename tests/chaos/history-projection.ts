import * as E from 'fp-ts/Either'
import * as t from 'io-ts'
import { type Projection } from 'reprise'
import { eventCodec, eventType, stateCodec } from 'reprise/codec'
import type { ClientWorld, DocumentRule } from 'reprise/testing'
import { SUBSCRIPTION } from '../../src/testing/history/workload-read-side'
import { safely, workloadRules } from '../../src/testing/history/workload-world'

const data = { number: t.number, text: t.string, nested: t.UnknownRecord }
const Counted = t.type({ type: t.literal('Counted'), ...data })
const Noted = t.type({ type: t.literal('Noted'), ...data })
type ProofEvent = t.TypeOf<typeof Counted> | t.TypeOf<typeof Noted>

interface Sum {
  readonly version: number
  readonly sum: number
}

/** The name of the projection, and of the collection that its documents are judged as. */
export const COUNTING = 'proof-projection'

/** What the inline documents of the workload hold, made asynchronously. */
export const counting = (version: number): Projection<Sum, ProofEvent> => ({
  name: COUNTING,
  version,
  events: eventCodec<ProofEvent>({ Counted: eventType(Counted), Noted: eventType(Noted) }),
  key: ({ streamId }) => streamId,
  view: {
    initialState: { version: 0, sum: 0 },
    evolve: ({ version: before, sum }, { number }) => ({
      version: before + 1,
      sum: (sum * 31 + number) % 1_000_003,
    }),
  },
  state: stateCodec(1, t.strict({ version: t.number, sum: t.number })),
})

/** Its documents are those of the workload, and not inline. */
export const countingRules = (): ReadonlyArray<DocumentRule> =>
  (workloadRules.documents ?? [])
    .filter(({ inline }) => !inline)
    .map((rule) => ({ ...rule, collection: COUNTING }))

/** An instance of a release that knows one type of event. It must get nothing to do. */
export const oldRelease = async <Transaction>({
  backend: { subscriptions, store },
  name,
  pause,
  goesOn,
}: ClientWorld<Transaction>): Promise<void> => {
  const filter = { types: ['Counted'] }
  while (goesOn()) {
    const claim =
      subscriptions && (await safely(subscriptions.claim(SUBSCRIPTION, name, 40, { filter })))
    for (const lease of claim !== undefined && E.isRight(claim) ? claim.right.leases : []) {
      const page = await safely(store.readAll({ after: lease.position, limit: 50, ...filter }))
      if (E.isLeft(page) || subscriptions === undefined) continue
      const step = subscriptions.commit(
        { lease, after: lease.position },
        () => async () => E.right({ position: page.right.upTo }),
      )
      await safely(step)
    }
    await pause(20)
  }
}
