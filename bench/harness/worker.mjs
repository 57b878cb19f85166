// One process of one contestant. Its task comes as JSON in the first argument. It says `ready`, waits
// for `go`, works, sends its result, and ends.
import { once } from 'node:events'
import { preload } from './preload.mjs'
import { load } from '../contestants/index.mjs'

process.on('disconnect', () => process.exit(1)) // nobody waits for the result any more

const task = JSON.parse(process.argv[2])
const contestant = await load(task.contestant)
const workload = await import(`../workloads/${task.cell.workload}.mjs`)

const begin = async () => {
  const going = once(process, 'message')
  process.send({ type: 'ready' })
  await going
}

if (task.fresh) {
  await contestant.migrate(task.url)
  if (task.preload > 0) await preload(contestant, task)
}
const result = await workload[task.role]({ ...task, contestant, begin })
// Some contestants leave timers and connections behind: the end is not left to them.
process.send({ type: 'result', result }, () => process.exit(0))
