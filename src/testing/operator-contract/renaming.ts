import { failsWith, same, succeeds } from '../store-contract/checks'
import { aProjection, KEEPS, runs } from './moving'
import {
  type Suite,
  claimOne,
  firstOf,
  heldStream,
  hold,
  parkedCommand,
  registered,
  shape,
} from './subject'

/** Subscriptions that get another name. */
export const renaming: Suite = {
  name: 'renaming',
  tests: {
    'keeps its checkpoints and what it holds under a new name': async (subject) => {
      const { operator } = subject
      await registered(subject, 'mails', { partitions: 2, position: 3, categories: ['counter'] })
      const lease = await claimOne(subject, 'mails')
      await hold(subject, lease, heldStream('counter-1', 5))
      await succeeds(operator.rename('mails', 'letters', 'fenceOff'))
      same(await shape(subject, 'mails'), [])
      same(await shape(subject, 'letters'), [
        [0, 2, 5],
        [1, 2, 3],
      ])
      same((await firstOf(subject, 'letters')).categories, ['counter'])
      const { events } = await succeeds(operator.heldEvents('letters', { after: 0, limit: 9 }))
      same(
        events.map(({ streamId }) => streamId),
        ['counter-1'],
      )
    },
    'fences off the owner under the old name, also when the old name is restored': async (
      subject,
    ) => {
      const { operator, subscriptions } = subject
      await registered(subject, 'mails')
      const lease = await claimOne(subject, 'mails')
      await failsWith(operator.rename('mails', 'letters', 'refuse'), runs('mails'))
      await succeeds(operator.rename('mails', 'letters', 'fenceOff'))
      await succeeds(operator.rename('letters', 'mails', 'refuse'))
      await failsWith(subscriptions.save({ lease, after: 0, position: 1 }), { _tag: 'LeaseLost' })
    },
    'takes no name that is taken, and none that is none': async (subject) => {
      const { operator } = subject
      await registered(subject, 'mails')
      await registered(subject, 'letters', { position: 7 })
      const taken = { _tag: 'SubscriptionExists', subscription: 'letters' }
      await failsWith(operator.rename('mails', 'letters', 'refuse'), taken)
      for (const name of ['', 'a'.repeat(256), 'a\u0000b', 'process:mails', 'process:']) {
        const invalid = { _tag: 'InvalidOperation', argument: 'new name' }
        await failsWith(operator.rename('mails', name, 'refuse'), invalid)
      }
      same((await firstOf(subject, 'letters')).position, 7)
      same((await firstOf(subject, 'mails')).position, 0)
      await succeeds(operator.rename('mails', 'a'.repeat(255), 'refuse'))
    },
    'takes the outbox and the states of a process manager along': async (subject) => {
      const { operator, documents, outbox, transact } = subject
      await registered(subject, 'process:orders')
      const id = await parkedCommand(subject, 'orders', 'Ship')
      await succeeds(documents.put('process:orders', 'one', { state: 1 }))
      await failsWith(operator.rename('process:orders', 'sales', 'refuse'), {
        _tag: 'InvalidOperation',
      })
      await succeeds(operator.rename('process:orders', 'process:sales', 'refuse'))
      const all = { which: 'all', after: 0, limit: 9 } as const
      const { commands } = await succeeds(operator.outbox('sales', all))
      same(
        commands.map((command) => [command.process, command.id, command.parked]),
        [['sales', id, true]],
      )
      same((await succeeds(operator.outbox('orders', all))).commands, [])
      same((await succeeds(documents.get('process:sales', 'one')))?.value, { state: 1 })
      same(await succeeds(documents.get('process:orders', 'one')), undefined)
      await succeeds(operator.decideCommands('sales', 'retry', [id]))
      same((await succeeds(outbox.takeDue('sales', 9))).length, 1)
      await succeeds(transact(({ done }) => done('sales', [id])))
    },
    'does not mix a process manager with what another one has left': async (subject) => {
      await registered(subject, 'process:orders')
      await parkedCommand(subject, 'sales', 'Ship')
      await failsWith(subject.operator.rename('process:orders', 'process:sales', 'refuse'), {
        _tag: 'SubscriptionExists',
        subscription: 'process:sales',
      })
    },
    'keeps the name that the documents of a projection are found by': async (subject) => {
      await aProjection(subject)
      await failsWith(subject.operator.rename('totals@1.1', 'other', 'fenceOff'), KEEPS)
    },
    'answers for a subscription that does not exist': async ({ operator }) => {
      const missing = { _tag: 'SubscriptionNotFound', subscription: 'unknown' }
      await failsWith(operator.rename('unknown', 'known', 'refuse'), missing)
    },
  },
}
