import * as E from 'fp-ts/Either'
import { subscriptionNotFound } from '../../core/errors/operator'
import type { HeldEvent } from '../../core/operator/status'
import type { Operator } from '../../core/ports/operator'
import type { MemoryOutlook } from './operator-status'
import type { MemoryHeld, MemorySubscription } from './subscription-state'

const MOST_BEHIND = 1_000

/** Runs an action on a subscription, if it exists. */
export const inSubscription =
  (subscriptions: ReadonlyMap<string, MemorySubscription>) =>
  <Answer>(name: string, work: (subscription: MemorySubscription) => Answer) =>
  () => {
    const known = subscriptions.get(name)
    return Promise.resolve(
      known === undefined ? E.left(subscriptionNotFound(name)) : E.right(work(known)),
    )
  }

/** Held events and parked commands, and the decisions about them. */
export const memoryHolding = ({
  store,
  state: { subscriptions },
}: MemoryOutlook): Pick<Operator, 'heldEvents' | 'decide' | 'resume' | 'skipStopped'> => {
  const onSubscription = inSubscription(subscriptions)

  const shown = async (
    { reads, partitions }: MemorySubscription,
    { heldAt, retryAt, decision, ...held }: MemoryHeld,
    partition: number,
  ): Promise<HeldEvent> => {
    const { streamId, version } = held
    const { tags } = reads
    const range = { after: version, limit: MOST_BEHIND + 1 }
    const page = await store.read(streamId, tags === undefined ? range : { ...range, tags })()
    const reached = partitions[partition]?.position ?? 0
    const later = (E.isRight(page) ? page.right.events : []).filter(
      ({ position, type }) => position <= reached && (reads.types?.includes(type) ?? true),
    ).length
    return {
      ...held,
      partition,
      decision,
      retryAt,
      triedAt: heldAt,
      parked: retryAt === undefined && decision === undefined,
      behind: { events: Math.min(later, MOST_BEHIND), orMore: later > MOST_BEHIND },
    }
  }

  return {
    heldEvents:
      (name, { after, limit }) =>
      async () => {
        const known = subscriptions.get(name)
        if (known === undefined) return E.right({ events: [], more: false })
        const held = known.partitions
          .flatMap((partition, number) =>
            [...partition.held.values()].map((stream) => ({ stream, number })),
          )
          .filter(({ stream }) => stream.position > after)
          .sort((left, right) => left.stream.position - right.stream.position)
        const page = held.slice(0, limit)
        const events: HeldEvent[] = []
        for (const { stream, number } of page) events.push(await shown(known, stream, number))
        return E.right({ events, more: held.length > limit })
      },
    decide: (name, decision, positions) =>
      onSubscription(name, ({ partitions }) =>
        partitions
          .flatMap(({ held }) =>
            [...held.values()]
              .filter(({ position }) => positions.includes(position))
              .map((stream) => {
                held.set(stream.streamId, { ...stream, decision })
                const { streamId, version, position, type } = stream
                return { streamId, version, position, type }
              }),
          )
          .sort((left, right) => left.position - right.position),
      ),
    resume: (name) =>
      onSubscription(name, ({ partitions }) =>
        partitions.flatMap((partition, number) => {
          if (partition.failure === undefined) return []
          partition.failure = undefined
          return [number]
        }),
      ),
    skipStopped: (name, position) =>
      onSubscription(name, ({ partitions }) =>
        partitions.flatMap((partition, number) => {
          if (partition.failure?.position !== position || partition.position >= position) return []
          partition.failure = undefined
          partition.position = position
          return [number]
        }),
      ),
  }
}
