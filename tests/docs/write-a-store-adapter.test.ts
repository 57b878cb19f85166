import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import ts from 'typescript'
import type { EventStore } from '../../src/core/ports/event-store'
import { countTo, failsWith, numbersOf, succeeds } from '../../src/testing/store-contract/checks'
import { aMark, appendTo, aSnapshot, numbered } from '../../src/testing/store-contract/fixtures'
import { codeOf, requireFrom } from './run-markdown'

const PAGE = 'docs/how-to/write-a-store-adapter.md'
const code = codeOf(readFileSync(resolve(__dirname, '../..', PAGE), 'utf8'))

interface Page {
  readonly fileStore: (
    path: string,
  ) => Promise<{ readonly store: EventStore; readonly close: () => Promise<void> }>
}

/** Runs the page: this registers the contract, and gives what the page exports. */
const runPage = (): Page => {
  const { outputText } = ts.transpileModule(code, {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
  })
  const exported = {}
  // eslint-disable-next-line @typescript-eslint/no-implied-eval, @typescript-eslint/no-unsafe-call -- running the page is the point
  new Function('require', 'exports', outputText)(requireFrom(PAGE), exported)
  return exported as Page
}

const { fileStore } = runPage()

describe('the file store', () => {
  const folder = mkdtempSync(join(tmpdir(), 'file-store-'))
  const freshPath = () => join(folder, `${crypto.randomUUID()}.jsonl`)
  afterAll(() => rmSync(folder, { recursive: true }))

  const reopened = async (path: string, damage: (path: string) => void = () => undefined) => {
    const first = await fileStore(path)
    await succeeds(first.store.append(appendTo('a-1', 0, numbered(3), [aMark('command', 3)])))
    await succeeds(first.store.saveSnapshot(aSnapshot('a-1', 2)))
    await first.close()
    damage(path)
    return fileStore(path)
  }

  it('has everything again after it was closed', async () => {
    const { store, close } = await reopened(freshPath())
    const request = { streamId: 'a-1', after: 0, snapshotSchema: 1, commandId: 'command', limit: 9 }
    const { snapshot, events, handled } = await succeeds(store.load(request))
    expect(snapshot).toEqual(aSnapshot('a-1', 2))
    expect(numbersOf(events)).toEqual([3])
    expect(handled).toEqual({ after: 0, eventCount: 3 })
    expect((await succeeds(store.append(appendTo('a-1', 3, numbered(1))))).positions).toEqual([4])
    await close()
  })

  it('truncates a line that a crash has cut off, and continues', async () => {
    const path = freshPath()
    const { store, close } = await reopened(path, () => appendFileSync(path, '{"events":[{"str'))
    await succeeds(store.append(appendTo('a-1', 3, numbered(1, 4))))
    await close()
    const again = await fileStore(path)
    const { events } = await succeeds(again.store.read('a-1', { after: 0, limit: 9 }))
    expect(numbersOf(events)).toEqual(countTo(4))
    await again.close()
  })

  it('does not open a damaged file', async () => {
    const path = freshPath()
    await expect(
      reopened(path, () => writeFileSync(path, '{"events":[{}],"marks":[],"snapshots":[]}\n')),
    ).rejects.toThrow('line 1 is damaged')
  })

  it('does not open a file that is open already', async () => {
    const path = freshPath()
    const { close } = await fileStore(path)
    await expect(fileStore(path)).rejects.toThrow('EEXIST')
    await close()
  })

  it('says that the outcome is unknown when a write fails, and writes no more', async () => {
    const { store, close } = await fileStore(freshPath())
    await close()
    const unknown = { _tag: 'StoreFailed', outcome: 'unknown' }
    await failsWith(store.append(appendTo('a-1', 0, numbered(1))), unknown)
    await failsWith(store.append(appendTo('a-1', 0, numbered(1))), unknown)
  })
})
