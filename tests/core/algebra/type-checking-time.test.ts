import { resolve } from 'node:path'
import ts from 'typescript'

const ROOT = resolve(__dirname, '../../..')
const PARTS = Array.from({ length: 20 }, (_, index) => index)

const deciders = PARTS.map(
  (n) => `
type Command${n} = { readonly type: 'Do${n}'; readonly amount: number } | { readonly type: 'Stop${n}' }
type Event${n} = { readonly type: 'Done${n}'; readonly amount: number } | { readonly type: 'Stopped${n}' }
interface State${n} { readonly value${n}: number }
type Rejection${n} = { readonly _tag: 'No${n}' } | { readonly _tag: 'Never${n}' }
declare const part${n}: Decider<Command${n}, State${n}, Event${n}, Rejection${n}>`,
).join('\n')

const header = `import { combine, type Decider } from '../../../src/algebra'\n${deciders}\n`
const record = PARTS.map((n) => `part${n}`).join(', ')
const cases = PARTS.map(
  (n) =>
    `    case 'part${n}':\n      return event.event.type.length + whole.initialState.part${n}.value${n}`,
).join('\n')
const use = `
const whole = combine({ ${record} })
export const nested = combine({ whole, again: whole })
export const name = (event: Parameters<typeof whole.evolve>[1]): number => {
  switch (event.key) {
${cases}
  }
}
whole.decide({ key: 'part7', command: { type: 'Do7', amount: 1 } }, whole.initialState)
// @ts-expect-error: the command of another part
whole.decide({ key: 'part7', command: { type: 'Do8', amount: 1 } }, whole.initialState)
`
const baseline = `export const none = [combine, ${record}]\n`

const options: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  lib: ['lib.es2024.d.ts'],
  module: ts.ModuleKind.Node16,
  moduleResolution: ts.ModuleResolutionKind.Node16,
  types: [],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  skipLibCheck: true,
  noEmit: true,
}

/** How long the checker works on one file of this content, and what it finds; parsing is not counted. */
const check = (content: string) => {
  const name = resolve(ROOT, 'tests/core/algebra/twenty.ts')
  const host = ts.createCompilerHost(options, true)
  const program = ts.createProgram([name], options, {
    ...host,
    fileExists: (file) => file === name || host.fileExists(file),
    getSourceFile: (file, ...rest) =>
      file === name
        ? ts.createSourceFile(file, content, ts.ScriptTarget.ES2022, true)
        : host.getSourceFile(file, ...rest),
  })
  const source = program.getSourceFile(name)
  const start = performance.now()
  const found = program.getSemanticDiagnostics(source)
  const milliseconds = performance.now() - start
  const instantiations = program.getInstantiationCount()
  return { milliseconds, instantiations, found: found.map(({ messageText }) => messageText) }
}

describe('type-checking 20 combined deciders', () => {
  it('takes less than 2 seconds, and few instantiations, more than the same 20 deciders apart', () => {
    check(header + baseline) // warms the compiler up
    const rounds = [1, 2].map(() => ({
      apart: check(header + baseline),
      together: check(header + use),
    }))
    for (const { together } of rounds) expect(together.found).toEqual([])
    const fastest = (of: 'apart' | 'together') =>
      Math.min(...rounds.map((round) => round[of].milliseconds))
    const more = fastest('together') - fastest('apart')
    const [first] = rounds
    const instantiations = first!.together.instantiations - first!.apart.instantiations
    process.stdout.write(
      `20 deciders: ${Math.round(more)} ms and ${instantiations} instantiations more than apart\n`,
    )
    expect(more).toBeLessThan(2_000)
    expect(instantiations).toBeLessThan(100_000) // does not depend on the machine
  }, 120_000)
})
