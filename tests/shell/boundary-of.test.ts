import * as E from 'fp-ts/Either'
import fc from 'fast-check'
import { type Category, type CommandResult, openCategory } from 'reprise'
import { boundaryOf, openBoundary } from 'reprise/boundary'
import {
  type BelowZero,
  counter,
  type CounterCommand,
  type CounterEvent,
  type CounterState,
} from '../support/counter'
import { freshId, stores, type StoreUnderTest } from '../support/stores'

/** The counter, whose events a boundary of their stream sees. */
const tagged: Category<CounterCommand, CounterState, CounterEvent, BelowZero> = {
  ...counter,
  tags: (_event, id) => [`counter-${id}`],
}

const command: fc.Arbitrary<CounterCommand> = fc
  .oneof(
    { weight: 4, arbitrary: fc.array(fc.integer({ min: -3, max: 5 }), { maxLength: 3 }) },
    { weight: 1, arbitrary: fc.constant('note') },
  )
  .map((made) =>
    typeof made === 'string' ? { type: 'Note', text: made } : { type: 'Add', amounts: made },
  )

/** A command, by which of the ways it is sent, and one of few ids, so that some are sent again. */
const step = fc.record({
  command,
  way: fc.constantFrom('boundary', 'other boundary', 'stream'),
  commandId: fc.option(fc.constantFrom('one', 'two', 'three'), { nil: undefined }),
})

interface Step {
  readonly command: CounterCommand
  readonly way: string
  readonly commandId: string | undefined
}

type Answer = E.Either<{ readonly _tag: string }, CommandResult<CounterState, CounterEvent>>

/** What both ways must have in common: all but ids, places in the store, and texts. */
const compared = (answer: Answer, id: string): unknown => {
  const plain = (text: unknown): unknown =>
    typeof text === 'string' ? text.replace(id, 'ID') : text
  if (E.isLeft(answer)) {
    const { message: _message, ...error } = answer.left as Record<string, unknown>
    return Object.fromEntries(Object.entries(error).map(([key, value]) => [key, plain(value)]))
  }
  const { events, state, version } = answer.right
  const seen = events.map((one) => [plain(one.streamId), one.version, one.event, one.metadata])
  return { events: seen, state, version }
}

describe.each(stores)('one stream as a boundary, on %s', (_name, open) => {
  let opened: StoreUnderTest
  beforeAll(async () => {
    opened = await open()
  })
  afterAll(() => opened.close())

  /** Sends all commands, each its own way; a stream knows nothing of the ids of its boundary. */
  const run = async (steps: ReadonlyArray<Step>, id: string): Promise<ReadonlyArray<unknown>> => {
    const boundary = boundaryOf(tagged, id)
    const [one, other] = [
      openBoundary(boundary, opened),
      openBoundary(boundary, { store: opened.second }),
    ]
    const stream = openCategory(tagged, { store: opened.second })
    const answers: unknown[] = []
    for (const { command: sent, way, commandId } of steps) {
      const options = commandId === undefined ? {} : { commandId }
      const task =
        way === 'stream'
          ? stream.handleCommand(id, sent, options)
          : (way === 'boundary' ? one : other).handleCommand(sent, options)
      answers.push(compared(await task(), id))
    }
    const loaded = await one.load([{ tags: [`counter-${id}`] }])()
    return [...answers, loaded]
  }

  it(
    'makes the same events and states of the same commands, with the same answers',
    () =>
      fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 10 }), async (steps) => {
          const toBoundary = steps.map((each) =>
            each.way === 'stream' ? { ...each, way: 'boundary' } : each,
          )
          const toStream = steps.map((each) => ({ ...each, way: 'stream' }))
          expect(await run(toBoundary, freshId())).toEqual(await run(toStream, freshId()))
        }),
        { numRuns: 20 },
      ),
    120_000,
  )

  it(
    'can be written both ways at once',
    () =>
      fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 10 }), async (steps) => {
          const mixed = steps.map(({ commandId: _none, ...each }) => ({
            ...each,
            commandId: undefined,
          }))
          const toStream = mixed.map((each) => ({ ...each, way: 'stream' }))
          expect(await run(mixed, freshId())).toEqual(await run(toStream, freshId()))
        }),
        { numRuns: 20 },
      ),
    120_000,
  )
})
