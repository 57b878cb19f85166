import { readFileSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import ts from 'typescript'

const ROOT = resolve(__dirname, '../..')

/**
 * The code of a page: everything inside its ```ts blocks, as one module. All other lines become empty
 * ones, so that line 12 of the code is line 12 of the page.
 */
export const codeOf = (page: string): string => {
  let inside = false
  const lines = page.split('\n').map((line) => {
    if (inside && line.trim() === '```') inside = false
    else if (inside) return line
    else if (line.trim() === '```ts') inside = true
    return ''
  })
  return lines.join('\n')
}

/** The code of pages that others tell the reader to save, and import by these names. */
const shared = {
  account: 'docs/account.md',
  'file-store': 'docs/how-to/write-a-store-adapter.md',
}
const sharedCode = (name: keyof typeof shared): string =>
  codeOf(readFileSync(resolve(ROOT, shared[name]), 'utf8'))

const compilerOptions = (): ts.CompilerOptions => {
  const path = resolve(ROOT, 'tsconfig.json')
  const file: unknown = ts.readConfigFile(path, (name) => ts.sys.readFile(name)).config
  const { options } = ts.parseJsonConfigFileContent({ ...Object(file), files: [] }, ts.sys, ROOT)
  return {
    ...options,
    noEmit: true,
    types: ['node'],
    // A page may say `await` at its top, which needs a module; its imports stay those of the tests.
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    moduleDetection: ts.ModuleDetectionKind.Force, // a page without an import has names of its own, too
  }
}

/** What the compiler has against some pages, by their paths: `docs/x.md:12: ...`. An empty list: nothing. */
export const typeErrorsIn = (
  pages: ReadonlyMap<string, string>,
): ReadonlyMap<string, ReadonlyArray<string>> => {
  const codes = new Map([...pages].map(([path, code]) => [resolve(ROOT, `${path}.ts`), code]))
  const inReach = new Map(codes)
  for (const path of pages.keys()) {
    for (const name of ['account', 'file-store'] as const) {
      inReach.set(resolve(ROOT, dirname(path), `${name}.ts`), sharedCode(name))
    }
  }
  const options = compilerOptions()
  const host = ts.createCompilerHost(options, true)
  // One program for all of them: what they import is parsed once.
  const program = ts.createProgram([...codes.keys()], options, {
    ...host,
    fileExists: (file) => inReach.has(file) || host.fileExists(file),
    readFile: (file) => inReach.get(file) ?? host.readFile(file),
    getSourceFile: (file, ...rest) => {
      const code = inReach.get(file)
      return code === undefined
        ? host.getSourceFile(file, ...rest)
        : ts.createSourceFile(file, code, options.target ?? ts.ScriptTarget.ES2022, true)
    },
  })
  const errorsOf = (path: string): ReadonlyArray<string> => {
    const source = program.getSourceFile(resolve(ROOT, `${path}.ts`))
    const diagnostics = [
      ...program.getSyntacticDiagnostics(source),
      ...program.getSemanticDiagnostics(source),
    ]
    return diagnostics.map(({ file, start, messageText }) => {
      const line = file === undefined ? 0 : file.getLineAndCharacterOfPosition(start ?? 0).line + 1
      return `${path}:${line}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`
    })
  }
  return new Map([...pages.keys()].map((path) => [path, errorsOf(path)]))
}

/** The same for one page. */
export const typeErrorsOf = (path: string, code: string): ReadonlyArray<string> =>
  typeErrorsIn(new Map([[path, code]])).get(path) ?? []

type Page = (require: (name: string) => unknown, exports: object) => Promise<void>

const toCommonJs = (code: string): string =>
  ts.transpileModule(code, {
    compilerOptions: {
      module: ts.ModuleKind.CommonJS,
      target: ts.ScriptTarget.ES2022,
      esModuleInterop: true,
    },
  }).outputText

/** What the imports of a page give. Its relative ones start at the page; its tests are ours. */
export const requireFrom =
  (path: string) =>
  (name: string): unknown => {
    if (name === 'node:test') return { describe, it }
    if (name === './account.js') {
      const exported = {}
      // eslint-disable-next-line @typescript-eslint/no-implied-eval, @typescript-eslint/no-unsafe-call -- running the page is the point
      new Function('require', 'exports', toCommonJs(sharedCode('account')))(require, exported)
      return exported
    }
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- the runner's own, which maps 'reprise' to src
    return require(name.startsWith('.') ? resolve(ROOT, dirname(path), name) : name)
  }

/** Runs the code of a page, which may say `await` at its top. */
export const runCode = async (path: string, code: string): Promise<void> => {
  // eslint-disable-next-line @typescript-eslint/no-implied-eval, @typescript-eslint/no-unsafe-call -- running the page is the point
  const page = new Function(`return async (require, exports) => {${toCommonJs(code)}\n}`)() as Page
  await page(requireFrom(path), {})
}

/**
 * Registers the tests of one page: its ```ts blocks, put together, run (their types are checked in
 * `page-types.test.ts`). Imports from `reprise` and `reprise/testing` are those of `src`. Let the blocks check themselves with
 * `node:assert/strict`, and show what must not compile under `// @ts-expect-error`.
 *
 * @param path - from the root of the repository: `docs/how-to/compose-deciders.md`
 */
export const describeMarkdown = (path: string): void => {
  describe(relative(ROOT, resolve(ROOT, path)), () => {
    const code = codeOf(readFileSync(resolve(ROOT, path), 'utf8'))

    it('has code', () => {
      expect(code.trim()).not.toBe('')
    })

    it('runs', async () => {
      await expect(runCode(path, code)).resolves.toBeUndefined()
    }, 60_000)
  })
}
