// Takes fixes out of a copy of this repository, one at a time, and lets the history checker look for what they fixed.
// Every one must be found. See docs/how-to/check-your-store.md. `npm run test:without-fixes [-- part of a name]`;
// `--check` only makes sure that each of them can be taken out.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const COPIED = ['src', 'tests', 'scripts', 'migrations', 'package.json', 'tsconfig.json']

const category = 'src/shell/category'
const postgres = 'src/adapters/postgres'

/** What is taken out: `from` stands in `file` once, and becomes `to`. */
const fixes = [
  {
    name: 'a twin is not given a refusal that was decided before it was sent',
    file: `${category}/stream-queue.ts`,
    from: 'if (E.isRight(shared)) answer(E.right(copied(shared.right)))\n          else void enqueue(streamId, command, options, effort).then(answer)',
    to: 'answer(shared)',
  },
  {
    name: 'twins do not share the state that they are answered',
    file: `${category}/stream-queue.ts`,
    from: 'E.right(copied(shared.right))',
    to: 'shared',
  },
  {
    name: 'a command with mustExist is decided on what is there',
    file: `${category}/decide.ts`,
    from: 'isDecidedAgain(options) ? version : (options.expectedVersion ?? version)',
    to: 'options.expectedVersion ?? version',
  },
  {
    name: 'the state follows from what is stored, not from what was decided',
    file: 'src/core/codec/event-codec.ts',
    from: 'E.right({ encoded: { type, schemaVersion, data }, event: read.right })',
    to: 'E.right({ encoded: { type, schemaVersion, data }, event })',
  },
  {
    name: 'a caller does not hold the state that the cache holds',
    file: 'src/shell/state/state-cache.ts',
    from: 'const own = unshared(state)',
    to: 'const own = state',
  },
  {
    name: 'a caller does not hold the initial state of a category',
    file: 'src/shell/state/replay.ts',
    from: 'const own = catching(() => unshared(initialState))',
    to: 'const own = catching(() => initialState)',
  },
  {
    name: 'a rejection is certain only after its id was looked up',
    file: `${category}/handle-commands.ts`,
    from: '? loaded && index === 0',
    to: '? true',
  },
  {
    name: 'a command that waits is carried out as it was validated',
    file: `${category}/sent-command.ts`,
    from: 'E.right(commandCopy(decoded.right))',
    to: 'E.right(command as Command)',
  },
  {
    name: 'a release that knows fewer types is given nothing to do',
    file: 'src/adapters/memory/subscription-claim.ts',
    from: 'const outdated = missingIn(reads, filter)',
    to: 'const outdated = missingIn(filter, filter)',
  },
  {
    name: 'two schemas on one pool do not share prepared statements',
    against: 'pool',
    file: `${postgres}/connection/prepared-statements.ts`,
    from: 'nameOf: names.nameOf,',
    to: 'nameOf: (label) => `reprise_${label}`,',
  },
  {
    name: 'nothing is stored while the sequence is behind the rows',
    against: 'pool',
    file: `${postgres}/append/announcing.ts`,
    from: 'order by e.position limit 1) is null',
    to: 'order by e.position limit 1) is distinct from 0',
  },
  {
    name: 'readers wait for what writers have announced',
    against: 'pool',
    file: `${postgres}/schema/released-migrations.ts`,
    from: 'safe := least(last, highest);',
    to: 'horizon := least(last, highest); return;',
  },
]

const countOf = (text, part) => text.split(part).length - 1

/** The file without the fix. */
const without = (folder, { file, from, to }) => {
  const text = readFileSync(join(folder, file), 'utf8')
  if (countOf(text, from) !== 1) throw new Error(`${file} does not hold it once: ${from}`)
  return text.replace(from, () => to)
}

/** How many seeds it took, or `undefined`: it was not found. */
const lookFor = (fix) => {
  const { file, against = 'memory' } = fix
  const folder = mkdtempSync(join(tmpdir(), 'reprise-without-'))
  try {
    for (const name of COPIED) cpSync(join(ROOT, name), join(folder, name), { recursive: true })
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
    writeFileSync(join(folder, file), without(folder, fix))
    const args = ['--against', against, '--seed', '1', '--seeds', '500', '--minutes', '2']
    const { stdout } = spawnSync(
      process.execPath,
      ['--import', 'tsx', 'tests/chaos/run-chaos.worker.ts', ...args, '--until-broken'],
      { cwd: folder, encoding: 'utf8', maxBuffer: 1 << 28 },
    )
    const seeds = /^seeds +(\d+) of/m.exec(stdout)?.[1]
    const promise = /^seed \d+: (\w+) in/m.exec(stdout)?.[1]
    return promise === undefined ? undefined : { seeds, promise }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const lookForAll = (part) => {
  let missed = 0
  for (const fix of fixes.filter(({ name }) => name.includes(part))) {
    const begun = Date.now()
    const found = lookFor(fix)
    const took = `${Math.round((Date.now() - begun) / 1_000)} s`
    if (found === undefined) missed += 1
    const outcome =
      found === undefined ? 'NOT FOUND' : `${found.promise}, in history ${found.seeds} (${took})`
    console.log(`${fix.name}: ${outcome}`)
  }
  return missed
}

const [given = ''] = process.argv.slice(2)
if (given === '--check') for (const fix of fixes) without(ROOT, fix)
else process.exitCode = lookForAll(given) === 0 ? 0 : 1
