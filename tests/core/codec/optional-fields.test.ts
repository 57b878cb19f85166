import { resolve } from 'node:path'
import ts from 'typescript'

const ROOT = resolve(__dirname, '../../..')
const NAME = resolve(ROOT, 'tests/core/codec/optional.ts')

const errorsIn = (content: string, exactOptionalPropertyTypes: boolean): ReadonlyArray<string> => {
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2024.d.ts'],
    module: ts.ModuleKind.Node16,
    moduleResolution: ts.ModuleResolutionKind.Node16,
    types: [],
    strict: true,
    exactOptionalPropertyTypes,
    skipLibCheck: true,
    noEmit: true,
  }
  const host = ts.createCompilerHost(options, true)
  const program = ts.createProgram([NAME], options, {
    ...host,
    fileExists: (file) => file === NAME || host.fileExists(file),
    getSourceFile: (file, ...rest) =>
      file === NAME
        ? ts.createSourceFile(file, content, ts.ScriptTarget.ES2022, true)
        : host.getSourceFile(file, ...rest),
  })
  return program
    .getSemanticDiagnostics(program.getSourceFile(NAME))
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))
}

const declared = `
import * as t from 'io-ts'
import { z } from 'zod'
import { type EventOf, events, type Decider, accept } from '../../../src/index'
import { optional } from '../../../src/codec'
const codec = events({ Booked: { seats: t.number, note: optional(t.string), by: z.string().optional() } })
type Event = EventOf<typeof codec>
export const without: Event = { type: 'Booked', seats: 1 }
export const withBoth: Event = { type: 'Booked', seats: 1, note: 'x', by: 'Ada' }
export const zods: Event = { type: 'Booked', seats: 1, by: undefined }
export const note: string | undefined = without.note
export const decider: Decider<{ readonly note?: string }, null, Event, never> = {
  initialState: null,
  decide: ({ note }) => accept({ type: 'Booked', seats: 1, ...(note === undefined ? {} : { note }) }),
  evolve: () => null,
}
`
const undefinedGiven = `
export const explicit: Event = { type: 'Booked', seats: 1, note: undefined }
export const copied = (command: { readonly note?: string | undefined }): Event =>
  ({ type: 'Booked', seats: 1, note: command.note })
`

describe('an optional field', () => {
  it.each([true, false])(
    'compiles with exactOptionalPropertyTypes: %p',
    (exact) => {
      expect(errorsIn(declared, exact)).toEqual([])
    },
    120_000,
  )

  it('may be undefined without exactOptionalPropertyTypes, and not with it', () => {
    expect(errorsIn(declared + undefinedGiven, false)).toEqual([])
    expect(errorsIn(declared + undefinedGiven, true)).toHaveLength(2)
  }, 120_000)
})
