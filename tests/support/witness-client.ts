import * as E from 'fp-ts/Either'
import { openCategory } from 'reprise'
import { idSource } from 'reprise/adapter'
import { type ClientWorld, recordedCommand, recordedState } from 'reprise/testing'
import { witness, addingUp } from './witness'

const STREAMS = 3

/** As a careless caller does with what belongs to it: nobody else may notice. */
const scribble = (target: object, key: string, value: unknown): void => {
  Reflect.set(target, key, value)
}

const opened = <Transaction>(
  { backend, random, pause }: ClientWorld<Transaction>,
  options: { readonly cachedStates?: number } = {},
) => {
  const ids = { next: random.uuid, observe: idSource().observe }
  return openCategory(witness, backend, { ids, random: random.next, wait: pause, ...options })
}

type Witnesses = ReturnType<typeof opened>

/** Sends a command, and scribbles on the command at once, and on the answer when it comes. */
const send = async <Transaction>(
  { recorder, name }: ClientWorld<Transaction>,
  witnesses: Witnesses,
  id: string,
  amounts: ReadonlyArray<number>,
  options: NonNullable<Parameters<Witnesses['handleCommand']>[2]>,
): Promise<void> => {
  const command = addingUp(amounts)
  const call = { recorder, client: name, streamId: `witness-${id}` }
  const task = witnesses.handleCommand(id, command, options)
  const answering = recordedCommand(call, options, task)()
  scribble(command.amounts, '0', 1_000)
  const answer = await answering
  if (E.isRight(answer)) scribble(answer.right.state, 'total', 1_000_000)
}

/** Sends commands to witnesses, with and without ids, again and again, and reads their states. */
export const witnessClient = async <Transaction>(
  world: ClientWorld<Transaction>,
): Promise<void> => {
  const { recorder, random, pause, goesOn, name } = world
  let witnesses = opened(world, { cachedStates: 2 })
  const sent: [id: string, commandId: string, amounts: ReadonlyArray<number>][] = []
  for (let number = 0; goesOn(); number++) {
    if (random.chance(0.05)) witnesses = opened(world, { cachedStates: 2 }) // as after a restart
    await pause(random.below(5))
    const id = `t${random.below(STREAMS)}`
    const call = { recorder, client: name, streamId: `witness-${id}` }
    const again = random.chance(0.2) ? sent[random.below(sent.length)] : undefined
    if (again !== undefined) {
      const [ofId, commandId, amounts] = again
      await send(world, witnesses, ofId, amounts, { commandId }).catch(E.left)
    } else if (random.chance(0.25)) {
      await recordedState(call, false, witnesses.load(id))().catch(E.left)
    } else if (random.chance(0.1)) {
      await recordedState(call, true, witnesses.cached(id))().catch(E.left)
    } else {
      const amounts = Array.from({ length: random.below(3) }, () => random.below(20) - 10)
      const commandId = `${name}/${number}`
      const options = {
        ...(random.chance(0.7) ? { commandId } : {}),
        ...(random.chance(0.2) ? { expectedVersion: 'mustExist' as const } : {}),
      }
      if (options.commandId !== undefined) sent.push([id, commandId, amounts])
      const twins = Array.from({ length: random.chance(0.3) ? 3 : 1 }, async (_, twin) => {
        if (twin > 0) await pause(random.below(4))
        return send(world, witnesses, id, amounts, options)
      })
      await Promise.allSettled(twins)
    }
  }
}

/**
 * Withdraws what is not there yet, with one id again and again, while another process deposits it: who asks after the
 * deposit was acknowledged must not be given the refusal of a twin that was decided before it.
 */
export const twinClient = async <Transaction>(world: ClientWorld<Transaction>): Promise<void> => {
  const { random, pause, goesOn, name } = world
  const [withdrawing, depositing] = [opened(world), opened(world)]
  for (let number = 0; goesOn(); number++) {
    const id = `${name.replaceAll(' ', '')}_${number}`
    const sendLater = async (witnesses: Witnesses, amount: number, commandId: string) => {
      await pause(random.below(40))
      return send(world, witnesses, id, [amount], { commandId })
    }
    await Promise.allSettled([
      sendLater(depositing, 5, `deposit ${number}`),
      ...Array.from({ length: 6 }, () => sendLater(withdrawing, -5, `withdrawal ${number}`)),
    ])
  }
}
