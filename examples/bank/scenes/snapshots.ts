import { isDeepStrictEqual } from 'node:util'
import type { Notice } from 'reprise'
import { depositMoney, openAccount } from '../account/commands'
import { accountStates } from '../account/state'
import type { Scene } from '../bank'
import { openDesk } from '../desk'
import { amount, money } from '../show'
import { value } from '../value'

export const snapshots: Scene = async ({ backend, screen, accountOf }) => {
  const dora = accountOf('dora')
  const notices: Notice[] = []
  const desk = openDesk(backend, (notice) => notices.push(notice))

  screen.title('A snapshot, so that old events need not be read')
  value(await desk.handleCommand(dora, openAccount('Dora'))())
  for (let deposits = 1; deposits <= 11; deposits += 1) {
    value(await desk.handleCommand(dora, depositMoney(amount(1)))())
  }
  await desk.snapshotsSettled() // they are taken after the callers have their answers
  for (const notice of notices) {
    if (notice._tag === 'SnapshotTaken') screen.say(`${notice._tag}: version ${notice.version}`)
  }
  screen.check(
    'the policy, every 10 events, took one at version 10',
    isDeepStrictEqual(notices, [
      { _tag: 'SnapshotTaken', streamId: `account-${dora}`, version: 10 },
    ]),
  )

  const { snapshot, events } = value(
    await backend.store.load({
      streamId: `account-${dora}`,
      after: 0,
      limit: 100,
      snapshotSchema: accountStates.schemaVersion,
    })(),
  )
  screen.check(
    'a process that starts now reads the snapshot and 2 events, not 12',
    snapshot?.version === 10 && events.length === 2,
  )
  const fromSnapshot = value(await openDesk(backend).load(dora)())
  const fromStart = value(await desk.replayTo(dora, 12)())
  screen.check(
    `and gets the same result: ${money(fromSnapshot.state.balance)} at version ${fromSnapshot.version}`,
    isDeepStrictEqual(fromSnapshot, fromStart),
  )
}
