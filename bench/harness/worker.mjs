// One process of one contestant. Its task comes as JSON in the first argument. It says `ready`, waits until it
// is asked, and answers. In the role `turns` it is asked for one turn after another, and then to end; in the
// others for its whole work. The contestant comes out of the checkout that the task names.
import { once } from 'node:events'
import { preload } from './preload.mjs'

process.on('disconnect', () => process.exit(1)) // nobody waits for the result any more

const task = JSON.parse(process.argv[2])
const { load } = await import(task.contestant.from)
const contestant = await load(task.contestant.loads)
const workload = await import(`../workloads/${task.cell.workload}.mjs`)

const ready = () => process.send({ type: 'ready' })
const asked = async () => (await once(process, 'message'))[0]
const answer = (value) => new Promise((resolve) => process.send({ type: 'answer', value }, resolve))

const begin = async () => {
  const going = asked()
  ready()
  await going
}

if (task.fresh) {
  await contestant.migrate(task.url)
  if (task.preload > 0) await preload(contestant, task)
}
if (task.role === 'turns') {
  const opened = await workload.open({ ...task, contestant })
  let question = asked()
  ready()
  for (;;) {
    const { seconds } = await question
    if (seconds === undefined) break
    const measured = await opened.turn(seconds)
    question = asked()
    await answer(measured)
  }
  await answer(await opened.close())
} else {
  await answer(await workload[task.role]({ ...task, contestant, begin }))
}
process.exit(0) // some contestants leave timers and connections behind: the end is not left to them
