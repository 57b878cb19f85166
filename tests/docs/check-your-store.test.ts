import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import ts from 'typescript'
import { codeOf } from './run-markdown'

const ROOT = resolve(__dirname, '../..')

type Module = (require: (name: string) => unknown, exports: object) => Promise<void>

/** Runs the code of a page. Answers what it exports. */
const runPage = async (
  path: string,
  modules: Readonly<Record<string, unknown>>,
): Promise<unknown> => {
  const { outputText } = ts.transpileModule(codeOf(readFileSync(resolve(ROOT, path), 'utf8')), {
    compilerOptions: {
      module: ts.ModuleKind.CommonJS,
      target: ts.ScriptTarget.ES2022,
      esModuleInterop: true,
    },
  })
  // eslint-disable-next-line @typescript-eslint/no-implied-eval, @typescript-eslint/no-unsafe-call -- running the page is the point
  const run = new Function(`return async (require, exports) => {${outputText}\n}`)() as Module
  const exported = {}
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- the runner's own, which maps 'reprise' to src
  await run((name) => modules[name] ?? require(name), exported)
  return exported
}

describe('docs/how-to/check-your-store.md', () => {
  it('runs on the file store of the page before it, which fails first and passes after the fix', async () => {
    const nothing = () => undefined
    const adapter = await runPage('docs/how-to/write-a-store-adapter.md', {
      'node:test': { describe: nothing, it: nothing },
    })
    const modules = { './file-store.js': adapter }
    await expect(runPage('docs/how-to/check-your-store.md', modules)).resolves.toBeDefined()
  }, 120_000)
})
