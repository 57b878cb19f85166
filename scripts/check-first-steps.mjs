// Does what docs/first-ten-minutes.md tells a newcomer to do, in an empty folder, with the packed package; and counts it.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { allPassed, install, link, runFile, withFolder } from './packed.mjs'

const PAGE = 'docs/first-ten-minutes.md'
const MOST_COMMANDS = 5
const MOST_LINES = 60

const page = readFileSync(PAGE, 'utf8')
/** The blocks of one language: what stands before each of them, and its lines. */
const blocksOf = (language) =>
  [
    ...page.matchAll(
      new RegExp(`([^\\n]*(?:\\n[^\\n]+)*)\\n\\n\`\`\`${language}\\n(.*?)\\n\`\`\``, 'gs'),
    ),
  ].map(([, before, text]) => ({ before, lines: text.split('\n') }))

const commands = blocksOf('sh').flatMap(({ lines }) => lines)
const files = blocksOf('typescript').map(({ before, lines }) => {
  const [, name] = /^`([\w.-]+)`/.exec(before.trim()) ?? []
  assert.ok(name, `a block of ${PAGE} has no file`)
  return { name, lines }
})
const lines = files.reduce((sum, file) => sum + file.lines.length, 0)
assert.ok(commands.length <= MOST_COMMANDS, `${commands.length} commands`)
assert.ok(lines <= MOST_LINES, `${lines} lines`)

/** Runs a command of the page. What would be downloaded is linked, and the package is the packed one. */
const follow = async (folder, command) => {
  const [program, verb, ...rest] = command.split(' ')
  const names = rest.filter((word) => !word.startsWith('--'))
  if (program === 'npm' && verb === 'install') {
    const others = names.filter((name) => name !== 'reprise')
    if (names.includes('reprise')) install(folder, {}, others)
    else for (const name of others) link(name, folder)
    return { file: command, passed: true, output: '' }
  }
  if (program === 'npm') {
    writeFileSync(join(folder, 'package.json'), '{}') // `npm install` would have
    execFileSync('npm', [verb, ...rest], { cwd: folder })
    return { file: command, passed: true, output: '' }
  }
  assert.deepEqual([program, verb], ['npx', 'tsx'])
  const tsx = join(folder, 'node_modules/tsx/dist/cli.mjs')
  return { ...(await runFile(tsx, { args: rest, cwd: folder })), file: command }
}

const begin = performance.now()
const passed = await withFolder(async (folder) => {
  for (const { name, lines } of files) writeFileSync(join(folder, name), `${lines.join('\n')}\n`)
  const results = []
  for (const command of commands) results.push(await follow(folder, command))
  if (!allPassed(results)) return false
  const [tests, first] = results.slice(-2).map(({ output }) => output)
  assert.match(tests, /pass 1\b/)
  assert.match(first, /ok: true/)
  assert.match(first, /state: 50,\s+version: 1/)
  const again = await follow(folder, commands.at(-1)) // the event was stored
  assert.match(again.output, /state: 100,\s+version: 2/)
  return true
})
const seconds = Math.round((performance.now() - begin) / 1000)
console.log(`first steps: ${commands.length} commands, ${lines} lines, in ${seconds} s`)
process.exitCode = passed ? 0 : 1
