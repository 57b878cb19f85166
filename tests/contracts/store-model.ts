import fc from 'fast-check'
import * as E from 'fp-ts/Either'
import type { CommandMark } from '../../src/core/append'
import type { ExpectedVersion } from '../../src/core/expected-version'
import type { StoreUnderContract } from '../../src/testing/store-contract/contract'
import { succeeds } from '../../src/testing/store-contract/checks'
import {
  aSnapshot,
  appendTo,
  freshCategory,
  numbered,
} from '../../src/testing/store-contract/fixtures'
import { type Step, steps } from './store-steps'

/** The trivial model: a stream is a list of numbers, some marks, and a version for each schema. */
interface Model {
  readonly numbers: number[]
  readonly marks: Map<number, { readonly after: number; readonly eventCount: number }>
  readonly snapshots: Map<number, number>
}

const fits = (expected: ExpectedVersion, { numbers }: Model): boolean =>
  ({ any: true, mustExist: numbers.length > 0, mustNotExist: numbers.length === 0 })[expected] ??
  numbers.length === expected

const expectedAppend = (model: Model, step: Extract<Step, { does: 'append' }>, first: number) => {
  if (step.count === 0 && step.command === undefined) return 'InvalidAppend'
  if (step.command !== undefined && model.marks.has(step.command)) return 'CommandAlreadyHandled'
  if (!fits(step.expected, model)) return 'VersionConflict'
  const after = model.numbers.length
  for (let index = 0; index < step.count; index++) model.numbers.push(first + index)
  if (step.command !== undefined) model.marks.set(step.command, { after, eventCount: step.count })
  return model.numbers.length
}

const pageOf = (numbers: ReadonlyArray<number>, after: number, limit: number) => ({
  numbers: numbers.slice(after, after + limit),
  more: numbers.length > after + limit,
})

const numbersIn = (events: ReadonlyArray<{ readonly data: Readonly<Record<string, unknown>> }>) =>
  events.map(({ data }) => data['number'])

/** Registers the property: whatever is done to the store, it answers as the model does. */
export const storeModel = (name: string, open: () => Promise<StoreUnderContract>): void => {
  describe(`${name}: the store as a model`, () => {
    it('answers every sequence of appends, snapshots, loads and reads as a trivial model does', async () => {
      const { store, second, close } = await open()
      const play = async (sequence: ReadonlyArray<Step>): Promise<void> => {
        const [category, other] = [freshCategory(), second ?? store]
        const models = Array.from({ length: 3 }, (): Model => ({
          numbers: [],
          marks: new Map(),
          snapshots: new Map(),
        }))
        for (const [index, step] of sequence.entries()) {
          const streamId = `${category}-${step.stream}`
          const model = models[step.stream]!
          const target = index % 2 === 0 ? store : other
          switch (step.does) {
            case 'append': {
              const marks: ReadonlyArray<CommandMark> =
                step.command === undefined
                  ? []
                  : [{ commandId: String(step.command), skip: 0, eventCount: step.count }]
              const events = numbered(step.count, index * 10)
              const answer = await target.append(appendTo(streamId, step.expected, events, marks))()
              const seen = E.isRight(answer) ? answer.right.version : answer.left._tag
              expect(seen).toEqual(expectedAppend(model, step, index * 10))
              break
            }
            case 'save': {
              await succeeds(target.saveSnapshot(aSnapshot(streamId, step.version, step.schema)))
              const before = model.snapshots.get(step.schema) ?? 0
              model.snapshots.set(step.schema, Math.max(before, step.version))
              break
            }
            case 'load': {
              const loaded = await succeeds(
                target.load({
                  streamId,
                  after: step.after,
                  commandId: String(step.command),
                  limit: step.limit,
                  ...(step.schema === undefined ? {} : { snapshotSchema: step.schema }),
                }),
              )
              const kept = model.snapshots.get(step.schema ?? 0) ?? 0
              const usable = kept > step.after && kept <= model.numbers.length
              const page = pageOf(model.numbers, usable ? kept : step.after, step.limit)
              expect({
                snapshot: loaded.snapshot,
                numbers: numbersIn(loaded.events),
                more: loaded.more,
                handled: loaded.handled,
              }).toEqual({
                ...page,
                snapshot: usable ? aSnapshot(streamId, kept, step.schema) : undefined,
                handled: model.marks.get(step.command),
              })
              break
            }
            case 'read': {
              const { events, more } = await succeeds(
                target.read(streamId, { after: step.after, limit: step.limit }),
              )
              expect({ numbers: numbersIn(events), more }).toEqual(
                pageOf(model.numbers, step.after, step.limit),
              )
            }
          }
        }
      }
      await fc.assert(fc.asyncProperty(steps, play), { numRuns: 100 })
      await close()
    })
  })
}
