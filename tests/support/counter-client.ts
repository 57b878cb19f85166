import * as E from 'fp-ts/Either'
import { openCategory } from 'reprise'
import { idSource } from 'reprise/adapter'
import { type ClientWorld, recordedCommand, recordedState } from 'reprise/testing'
import { add, counter, type CounterCommand, type CounterState } from './counter'

const STREAMS = 3

/** What the states of the counters are judged by. */
export const counterStates = {
  counter: {
    initialState: { total: 0, events: 0 },
    evolve: (state: unknown, { type, data }: { readonly type: string; readonly data: unknown }) => {
      const { total, events } = state as CounterState
      const { amount = 0 } = data as { readonly amount?: number }
      return { total: type === 'Added' ? total + amount : total, events: events + 1 }
    },
  },
}

/** Sends commands to counters, with and without ids, again and again, and reads their states. */
export const counterClient = async <Transaction>(
  world: ClientWorld<Transaction>,
): Promise<void> => {
  const { backend, recorder, random, pause, goesOn, name } = world
  const ids = { next: random.uuid, observe: idSource().observe }
  const open = () =>
    openCategory(counter, backend, { ids, random: random.next, wait: pause, cachedStates: 2 })
  let counters = open()
  const sent: [id: string, commandId: string, command: CounterCommand][] = []
  for (let number = 0; goesOn(); number++) {
    if (random.chance(0.05)) counters = open() // as after a restart
    await pause(random.below(5))
    const id = `c${random.below(STREAMS)}`
    const streamId = `counter-${id}`
    const call = { recorder, client: name, streamId }
    const again = random.chance(0.2) ? sent[random.below(sent.length)] : undefined
    if (again !== undefined) {
      const [ofId, commandId, command] = again
      const options = { commandId }
      const task = counters.handleCommand(ofId, command, options)
      await recordedCommand({ ...call, streamId: `counter-${ofId}` }, options, task)().catch(E.left)
    } else if (random.chance(0.25)) {
      await recordedState(call, false, counters.load(id))().catch(E.left)
    } else if (random.chance(0.1)) {
      await recordedState(call, true, counters.cached(id))().catch(E.left)
    } else {
      const amounts = Array.from({ length: random.below(3) }, () => random.below(20) - 8)
      const command = add(...amounts)
      const commandId = `${name}/${number}`
      const options = random.chance(0.7) ? { commandId } : {}
      if ('commandId' in options) sent.push([id, commandId, command])
      const send = async (_: unknown, twin: number) => {
        if (twin > 0) await pause(random.below(4))
        const task = counters.handleCommand(id, command, options)
        return recordedCommand(call, options, task)()
      }
      const tasks = Array.from({ length: random.chance(0.3) ? 3 : 1 }, send)
      await Promise.allSettled(tasks)
    }
  }
}

/**
 * Withdraws what is not there yet, with one id again and again, while another process deposits it: who asks after the
 * deposit was acknowledged must not be given the refusal of a twin that was decided before it.
 */
export const twinClient = async <Transaction>(world: ClientWorld<Transaction>): Promise<void> => {
  const { backend, recorder, random, pause, goesOn, name } = world
  const open = () => {
    const ids = { next: random.uuid, observe: idSource().observe }
    return openCategory(counter, backend, { ids, random: random.next, wait: pause })
  }
  const [withdrawing, depositing] = [open(), open()]
  for (let number = 0; goesOn(); number++) {
    const id = `${name.replaceAll(' ', '')}_${number}`
    const send = async (counters: typeof depositing, amount: number, commandId: string) => {
      await pause(random.below(40))
      const call = { recorder, client: name, streamId: `counter-${id}` }
      const task = counters.handleCommand(id, add(amount), { commandId })
      return recordedCommand(call, { commandId }, task)()
    }
    await Promise.allSettled([
      send(depositing, 5, `deposit ${number}`),
      ...Array.from({ length: 6 }, () => send(withdrawing, -5, `withdrawal ${number}`)),
    ])
  }
}
