import * as E from 'fp-ts/Either'
import fc from 'fast-check'
import { deepStrictEqual, strictEqual } from 'node:assert/strict'
import { type combine, neutral } from 'reprise/algebra'
import { trace } from '../support/behaviour'
import { type Law, law } from '../support/law'
import { command, commands, deciders, event } from '../support/machine'

const side = fc.constantFrom('left' as const, 'right' as const)
const sent = fc.array(fc.record({ key: side, command }), { maxLength: 10 })
const third = fc.array(
  fc.record({ key: fc.constantFrom('a' as const, 'b' as const, 'c' as const), command }),
  { maxLength: 10 },
)

export const combineLaws = (combined: typeof combine): ReadonlyArray<Law> => [
  law(
    'combine: independence',
    'each part lives the life it would live alone, whatever happens to the others',
    [deciders, deciders, sent],
    (left, right, mixed) => {
      const parts = { left, right }
      const steps = trace(combined(parts), mixed)
      for (const key of ['left', 'right'] as const) {
        const own = mixed.filter((each) => each.key === key).map((each) => each.command)
        const alone = trace(parts[key], own)
        deepStrictEqual(steps.at(-1)!.state[key], alone.at(-1)!.state)
        const answers = steps.slice(1).filter((_, index) => mixed[index]!.key === key)
        deepStrictEqual(
          answers.map(({ decision }) => decision),
          alone
            .slice(1)
            .map(({ decision }) =>
              E.isLeft(decision)
                ? E.left({ _tag: `${key}/No`, key, rejection: decision.left })
                : E.right(decision.right.map((one) => ({ key, event: one }))),
            ),
        )
      }
    },
  ),
  law(
    'combine: unit',
    'a part that does nothing changes nothing about the others',
    [deciders, commands],
    (only, own) => {
      const steps = trace(
        combined({ only, nothing: neutral }),
        own.map((each) => ({ key: 'only' as const, command: each })),
      )
      const alone = trace(only, own)
      deepStrictEqual(
        steps.map(({ state }) => state.only),
        alone.map(({ state }) => state),
      )
      deepStrictEqual(
        steps.map(({ isTerminal }) => isTerminal),
        alone.map(({ isTerminal }) => isTerminal),
      )
    },
  ),
  law(
    'combine: associativity',
    'it does not matter which two are put together first',
    [deciders, deciders, deciders, third],
    (a, b, c, mixed) => {
      const leftFirst = combined({ ab: combined({ a, b }), c })
      const rightFirst = combined({ a, bc: combined({ b, c }) })
      const flat = trace(combined({ a, b, c }), mixed)
      const left = trace(
        leftFirst,
        mixed.map((each) =>
          each.key === 'c'
            ? { key: 'c' as const, command: each.command }
            : { key: 'ab' as const, command: { key: each.key, command: each.command } },
        ),
      )
      const right = trace(
        rightFirst,
        mixed.map((each) =>
          each.key === 'a'
            ? { key: 'a' as const, command: each.command }
            : { key: 'bc' as const, command: { key: each.key, command: each.command } },
        ),
      )
      deepStrictEqual(
        left.map(({ state }) => ({ ...state.ab, c: state.c })),
        flat.map(({ state }) => state),
      )
      deepStrictEqual(
        right.map(({ state }) => ({ a: state.a, ...state.bc })),
        flat.map(({ state }) => state),
      )
      deepStrictEqual(
        left.map(({ isTerminal }) => isTerminal),
        flat.map(({ isTerminal }) => isTerminal),
      )
      deepStrictEqual(
        right.map(({ isTerminal }) => isTerminal),
        flat.map(({ isTerminal }) => isTerminal),
      )
      deepStrictEqual(
        left.map(({ decision }) => E.isLeft(decision)),
        flat.map(({ decision }) => E.isLeft(decision)),
      )
    },
  ),
  law(
    'combine: foreign events',
    'an event of the one side, or of no part, leaves the other side the very same',
    [deciders, deciders, sent, event],
    (left, right, mixed, foreign) => {
      const both = combined({ left, right })
      const { state } = trace(both, mixed).at(-1)!
      strictEqual(both.evolve(state, { key: 'left', event: foreign }).right, state.right)
      const stranger: object = { key: 'stranger', event: foreign }
      strictEqual(Reflect.apply(both.evolve, both, [state, stranger]), state)
      const inherited: object = { key: 'toString', event: foreign }
      strictEqual(Reflect.apply(both.evolve, both, [state, inherited]), state)
    },
  ),
  law(
    'combine: reference',
    'an event that changes nothing in its part changes nothing in the whole',
    [deciders, deciders, sent, event],
    (left, right, mixed, next) => {
      const both = combined({ left, right })
      const { state } = trace(both, mixed).at(-1)!
      strictEqual(
        both.evolve(state, { key: 'left', event: next }) === state,
        left.evolve(state.left, next) === state.left,
      )
    },
  ),
  law(
    'combine: terminality',
    'the whole is terminal exactly when every part is',
    [deciders, deciders, sent],
    (left, right, mixed) => {
      for (const { state, isTerminal } of trace(combined({ left, right }), mixed)) {
        const parts =
          left.isTerminal?.(state.left) === true && right.isTerminal?.(state.right) === true
        strictEqual(isTerminal, parts)
      }
    },
  ),
]
