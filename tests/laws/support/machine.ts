import * as E from 'fp-ts/Either'
import fc from 'fast-check'
import * as t from 'io-ts'
import { commandCodec, eventCodec, eventType, stateCodec } from 'reprise/codec'
import { type Process, type View } from 'reprise/algebra'
import { type Decider } from 'reprise'

/** The words of every generated decider. Any choice fits any machine: tables are read modulo their size. */
export const Do = t.strict({ type: t.literal('Do'), choice: t.number })
export interface Do extends t.TypeOf<typeof Do> {}
export const Done = t.strict({ type: t.literal('Done'), kind: t.number })
export interface Done extends t.TypeOf<typeof Done> {}
export const At = t.strict({ at: t.number })
export interface At extends t.TypeOf<typeof At> {}
export interface No {
  readonly _tag: 'No'
  readonly reason: number
}

export type MachineDecider = Decider<Do, At, Done, No>
export type MachineView = View<At, Done>
export type MachineProcess = Process<Done, Do, At>

export const doCommands = commandCodec<Do>({ Do })
export const doneEvents = eventCodec<Done>({ Done: eventType(Done) })
export const atState = stateCodec(1, At)

type Table<Cell> = ReadonlyArray<ReadonlyArray<Cell>>

/** A finite-state decider, as data: this is what shrinks, and what a counterexample prints. */
interface Machine {
  readonly decide: Table<{ readonly reject: number } | { readonly record: ReadonlyArray<number> }>
  readonly evolve: Table<number>
  readonly terminal: ReadonlyArray<boolean> | null
}

const cell = <Cell>(table: Table<Cell>, row: number, column: number): Cell => {
  const cells = table[row % table.length]!
  return cells[column % cells.length]!
}

const table = <Cell>(value: fc.Arbitrary<Cell>): fc.Arbitrary<Table<Cell>> =>
  fc.array(fc.array(value, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 4 })

const small = fc.nat({ max: 3 })

const evolveBy =
  (rows: Table<number>) =>
  (state: At, { kind }: Done): At => {
    const next = cell(rows, state.at, kind)
    return next === state.at ? state : { at: next }
  }

const terminalBy = (flags: ReadonlyArray<boolean> | null) =>
  flags === null ? {} : { isTerminal: ({ at }: At) => flags[at % flags.length]! }

// A generated value prints its data, not `{ decide: [Function] }`.
const printedAs = <Value extends object>(value: Value, data: unknown): Value => {
  Object.defineProperty(value, fc.toStringMethod, { value: () => JSON.stringify(data) })
  return value
}

const terminal = fc.option(fc.array(fc.boolean(), { minLength: 1, maxLength: 3 }))

const machine: fc.Arbitrary<Machine> = fc.record({
  decide: table(
    fc.oneof(
      { weight: 1, arbitrary: fc.record({ reject: small }) },
      { weight: 3, arbitrary: fc.record({ record: fc.array(small, { maxLength: 3 }) }) },
    ),
  ),
  evolve: table(small),
  terminal,
})

export const deciders: fc.Arbitrary<MachineDecider> = machine.map((data) =>
  printedAs(
    {
      initialState: { at: 0 },
      decide: ({ choice }: Do, { at }: At) => {
        const answer = cell(data.decide, at, choice)
        return 'reject' in answer
          ? E.left({ _tag: 'No' as const, reason: answer.reject })
          : E.right(answer.record.map((kind) => ({ type: 'Done' as const, kind })))
      },
      evolve: evolveBy(data.evolve),
      ...terminalBy(data.terminal),
    },
    data,
  ),
)

export const views: fc.Arbitrary<MachineView> = table(small).map((rows) =>
  printedAs({ initialState: { at: 0 }, evolve: evolveBy(rows) }, rows),
)

export const processes: fc.Arbitrary<MachineProcess> = fc
  .record({
    evolve: table(small),
    react: table(
      fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, fc.array(small, { maxLength: 2 })),
    ),
    resume: table(fc.array(small, { maxLength: 2 })),
    terminal,
  })
  .map((data) => {
    const asked = (choices: ReadonlyArray<number>): ReadonlyArray<Do> =>
      choices.map((choice) => ({ type: 'Do' as const, choice }))
    return printedAs(
      {
        initialState: { at: 0 },
        evolve: evolveBy(data.evolve),
        react: ({ at }: At, { kind }: Done) => asked(cell(data.react, at, kind)),
        resume: ({ at }: At) => asked(cell(data.resume, at, 0)),
        ...terminalBy(data.terminal),
      },
      data,
    )
  })

export const command: fc.Arbitrary<Do> = small.map((choice) => ({ type: 'Do' as const, choice }))
export const event: fc.Arbitrary<Done> = small.map((kind) => ({ type: 'Done' as const, kind }))
export const commands = fc.array(command, { maxLength: 8 })
export const events = fc.array(event, { maxLength: 8 })
export const key = fc.constantFrom('a', 'b', 'c', '__proto__', 'constructor', '')
