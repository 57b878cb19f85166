// npm run scale: several servers under load, one of which is killed, and what has become of what was acknowledged.
//   npm run scale -- --throughput    how much one, two and four shards do, and what a command costs on them
import { spawnSync } from 'node:child_process'
import process from 'node:process'
import { Command, InvalidArgumentError, Option } from 'commander'
import { natsServer, natsVersion } from './nats-server.mjs'

const number = (text) => {
  const value = Number(text)
  if (!(Number.isInteger(value) && value > 0)) {
    throw new InvalidArgumentError('a whole number above 0 is needed')
  }
  return value
}

const options = new Command('npm run scale --')
  .description('Plays two ways past one machine: shards of PostgreSQL, and three nodes of NATS.')
  .addOption(new Option('--only <which>', 'one of them').choices(['shards', 'jetstream']))
  .addOption(
    new Option('--shards <count>', 'how many PostgreSQL servers')
      .choices(['1', '2', '3', '4'])
      .default('2'),
  )
  .option('--seconds <count>', 'how long each is under load', number, 15)
  .option('--callers <count>', 'how many send commands at the same time', number, 32)
  .option('--throughput', 'measure one, two and four shards instead')
  .parse()
  .opts()

const needsNats = options.throughput !== true && options.only !== 'shards'
const program = needsNats ? natsServer() : ''
if (needsNats) console.log(`nats-server ${natsVersion(program)}`)

const worker = options.throughput === true ? 'throughput' : 'play'
const { status } = spawnSync(
  process.execPath,
  ['--import', 'tsx', `tests/scale/${worker}.worker.ts`],
  {
    stdio: 'inherit',
    env: {
      ...process.env,
      NATS_SERVER: program,
      REPRISE_SCALE_SECONDS: String(options.seconds),
      REPRISE_SCALE_CALLERS: String(options.callers),
      REPRISE_SCALE_SHARDS: options.shards,
      ...(options.only === undefined ? {} : { REPRISE_SCALE_ONLY: options.only }),
    },
  },
)
process.exitCode = status ?? 1
