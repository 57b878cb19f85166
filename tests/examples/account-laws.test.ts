import fc from 'fast-check'
import { assertLaws, checkDecider } from 'reprise/testing'
import { accountCommands } from '../../examples/bank/account/commands'
import { account } from '../../examples/bank/account/decider'
import { accountEvents } from '../../examples/bank/account/events'
import { accountStates } from '../../examples/bank/account/state'

describe('account', () => {
  it('keeps every law of a decider, for amounts up to the largest', () => {
    const report = checkDecider({
      decider: account,
      codecs: { commands: accountCommands, events: accountEvents, state: accountStates },
      arbitraries: { Cents: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }) },
    })
    assertLaws(report)
  })
})
