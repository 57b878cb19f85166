import * as E from 'fp-ts/Either'
import { partitionsApart, subscriptionExists } from '../../core/errors/operator'
import {
  type ActionSubject,
  missingError,
  newNameError,
  partitionsError,
  positionError,
  projectionError,
  runningError,
} from '../../core/operator/actions'
import { partitionOf } from '../../core/partition'
import type { Operator } from '../../core/ports/operator'
import { processOf } from '../../core/process-manager'
import { buildOf, type MemoryOutlook, ownerOf } from './operator-status'
import { deleteCommand, storeCommand, listOutbox } from './outbox-store'
import { type MemorySubscription, newPartition } from './subscription-state'
import { fence } from './subscription-steps'

type Actions = Pick<Operator, 'reset' | 'remove' | 'rename' | 'repartition'>

/** The actions that revoke the leases of a subscription. */
export const memoryActions = (outlook: MemoryOutlook, horizon: () => Promise<number>): Actions => {
  const { documents, state, now } = outlook
  const { subscriptions } = state

  const subjectOf = (name: string): ActionSubject | undefined => {
    const known = subscriptions.get(name)
    const owned = known?.partitions.find((partition) => ownerOf(partition, now()) !== undefined)
    return (
      known && {
        projection: buildOf(state, name)?.projection,
        running: owned && {
          owner: owned.owner ?? '',
          heartbeatAge: now() - (owned.heartbeatAt ?? now()),
        },
      }
    )
  }

  /** Moves the outbox of a process manager, and the states of its processes. */
  const moveProcess = (from: string, to: string): void => {
    const [before, after] = [processOf(from), processOf(to)]
    if (before === undefined || after === undefined) return
    const { transaction, commit } = documents.begin()
    for (const command of listOutbox(state, documents, before)) {
      deleteCommand(transaction, before, command.id)
      storeCommand(state, transaction, { ...command, process: after })
    }
    for (const { key, value } of documents.all(from)) {
      transaction.delete(from, key)
      transaction.put(to, key, value)
    }
    commit()
  }

  const isTaken = (name: string): boolean =>
    subscriptions.has(name) ||
    (processOf(name) !== undefined &&
      (documents.all(name).length > 0 ||
        listOutbox(state, documents, processOf(name) ?? '').length > 0))

  const divide = (known: MemorySubscription, number: number): number => {
    const lowest = Math.min(...known.partitions.map(({ position }) => position))
    const token = Math.max(...known.partitions.map((partition) => partition.token)) + 1
    const held = known.partitions.flatMap((partition) => [...partition.held.values()])
    const lineage = known.partitions.find(({ position }) => position === lowest)?.lineage
    known.partitions = Array.from({ length: number }, () => newPartition(lowest, token, lineage))
    for (const stream of held) {
      known.partitions[partitionOf(stream.streamId, number)]?.held.set(stream.streamId, stream)
    }
    return lowest
  }

  return {
    reset: (name, position, owners) => async () => {
      const subject = subjectOf(name)
      const error =
        positionError(position, await horizon()) ??
        missingError(name, subject) ??
        projectionError(name, subject) ??
        runningError(name, subject, owners)
      if (error !== undefined) return E.left(error)
      for (const partition of subscriptions.get(name)?.partitions ?? []) {
        fence(partition)
        partition.position = position
        partition.lineage = undefined
        partition.failure = undefined
        partition.held.clear()
      }
      return E.right(undefined)
    },
    remove: (name, owners) => () => {
      const subject = subjectOf(name)
      const error =
        missingError(name, subject) ??
        projectionError(name, subject) ??
        runningError(name, subject, owners)
      if (error !== undefined) return Promise.resolve(E.left(error))
      subscriptions.delete(name)
      return Promise.resolve(E.right(undefined))
    },
    rename: (name, to, owners) => () => {
      const subject = subjectOf(name)
      const error =
        newNameError(name, to) ??
        missingError(name, subject) ??
        (isTaken(to) ? subscriptionExists(to) : undefined) ??
        projectionError(name, subject) ??
        runningError(name, subject, owners)
      const known = subscriptions.get(name)
      if (error !== undefined) return Promise.resolve(E.left(error))
      if (known !== undefined) {
        known.partitions.forEach(fence)
        subscriptions.delete(name)
        subscriptions.set(to, known)
        moveProcess(name, to)
      }
      return Promise.resolve(E.right(undefined))
    },
    repartition:
      (name, { partitions: number, owners, apart }) =>
      () => {
        const subject = subjectOf(name)
        const known = subscriptions.get(name)
        const positions = known?.partitions.map(({ position }) => position) ?? [0]
        const [lowest, highest] = [Math.min(...positions), Math.max(...positions)]
        const malformed = partitionsError(number) ?? missingError(name, subject)
        if (malformed !== undefined) return Promise.resolve(E.left(malformed))
        if (known === undefined || known.partitions.length === number) {
          return Promise.resolve(E.right(lowest))
        }
        const tooFar = lowest === highest ? undefined : partitionsApart(name, lowest, highest)
        const error =
          runningError(name, subject, owners) ??
          (apart === 'refuse' ? tooFar : tooFar && projectionError(name, subject))
        return Promise.resolve(error === undefined ? E.right(divide(known, number)) : E.left(error))
      },
  }
}
