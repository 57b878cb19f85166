import { failsWith, same, succeeds } from '../store-contract/checks'
import { type Suite, registered } from './subject'

/** The names that people give to subscriptions. */
export const names: Suite = {
  name: 'names',
  tests: {
    'names the projection of a build, and says whether readers see it': async (subject) => {
      const { documents } = subject
      for (const name of ['totals@1.1', 'totals@1.2', 'mails']) await registered(subject, name)
      const build = { version: 1, build: 1, collection: 'totals@1.1' }
      await succeeds(documents.activate('totals', build))
      const builds = (await succeeds(subject.operator.status())).map((one) => one.build ?? null)
      same(builds, [
        null,
        { projection: 'totals', isActive: true },
        { projection: 'totals', isActive: false },
      ])
    },
    'finds a subscription by its name, its process manager or its projection': async (subject) => {
      const { operator, documents } = subject
      for (const name of ['mails', 'process:orders', 'totals@1.1']) await registered(subject, name)
      await succeeds(
        documents.activate('totals', { version: 1, build: 1, collection: 'totals@1.1' }),
      )
      same(await succeeds(operator.find('mails')), { subscription: 'mails' })
      same(await succeeds(operator.find('orders')), { subscription: 'process:orders' })
      const build = { subscription: 'totals@1.1', projection: 'totals' }
      same(await succeeds(operator.find('totals')), build)
      same(await succeeds(operator.find('totals@1.1')), build)
    },
    'says which subscriptions there are when none is found': async (subject) => {
      const missing = { _tag: 'SubscriptionNotFound', subscription: 'mials' }
      await failsWith(subject.operator.find('mials'), { ...missing, known: [] })
      await registered(subject, 'mails')
      await failsWith(subject.operator.find('mials'), { ...missing, known: ['mails'] })
    },
  },
}
