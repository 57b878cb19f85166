import fc from 'fast-check'
import type { ExpectedVersion } from '../../src/core/expected-version'

/** What is done to a store in one step. Streams and commands are few, so that steps meet. */
export type Step =
  | {
      readonly does: 'append'
      readonly stream: number
      readonly expected: ExpectedVersion
      readonly count: number
      readonly command: number | undefined
    }
  | {
      readonly does: 'save'
      readonly stream: number
      readonly version: number
      readonly schema: number
    }
  | {
      readonly does: 'load'
      readonly stream: number
      readonly after: number
      readonly schema: number | undefined
      readonly command: number
      readonly limit: number
    }
  | {
      readonly does: 'read'
      readonly stream: number
      readonly after: number
      readonly limit: number
    }

const [stream, command, schema] = [fc.nat(2), fc.nat(4), fc.integer({ min: 1, max: 2 })]
const [version, limit] = [fc.nat(8), fc.integer({ min: 1, max: 6 })]
const words: ReadonlyArray<ExpectedVersion> = ['any', 'mustExist', 'mustNotExist']

/** Any sequence of them. */
export const steps: fc.Arbitrary<ReadonlyArray<Step>> = fc.array(
  fc.oneof(
    fc.record({
      does: fc.constant('append' as const),
      stream,
      expected: fc.oneof(version, fc.constantFrom(...words)),
      count: fc.nat(3),
      command: fc.option(command, { nil: undefined }),
    }),
    fc.record({
      does: fc.constant('save' as const),
      stream,
      version: fc.integer({ min: 1, max: 9 }),
      schema,
    }),
    fc.record({
      does: fc.constant('load' as const),
      stream,
      after: version,
      schema: fc.option(schema, { nil: undefined }),
      command,
      limit,
    }),
    fc.record({ does: fc.constant('read' as const), stream, after: version, limit }),
  ),
  { maxLength: 25 },
)
