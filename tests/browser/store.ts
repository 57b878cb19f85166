import { randomUUID } from 'node:crypto'
import { type Backend, openCategory } from 'reprise'
import { onlySource } from '../../examples/bank/database'
import { openOffice } from '../../examples/bank/office'
import { bookedAccounts, transfers } from '../../examples/bank/transfer/own-streams'
import { customers, fill, HOSTILE, register, visit } from '../studio/fixture'
import type { PostgresReadSide } from '../support/postgres-read-side'
import { right } from '../support/right'

/** The application's own code, as `--module` gives it. */
export const categories = [bookedAccounts, transfers, customers]

/** How many events are there before all others, in streams of ten. REPRISE_MANY: another number. */
export const MANY = Number(process.env['REPRISE_MANY'] ?? 1_000_000)

/** Fast, and as the library stores them. */
export const fillMany = async ({ pool }: PostgresReadSide): Promise<void> => {
  await pool.query(
    `insert into reprise.events (stream_id, version, id, type, schema_version, recorded_at, data, metadata)
     select 'order-' || lpad(stream::text, 6, '0'), version, gen_random_uuid(),
            case version when 1 then 'OrderPlaced' else 'LineAdded' end, 1,
            now() - interval '2 days' + make_interval(secs => stream), jsonb_build_object('line', version), '{}'
     from generate_series(1, ${MANY / 10}) stream, generate_series(1, 10) version
     order by stream, version`,
  )
  await pool.query('analyze reprise.events')
}

/** A bank that has worked, what was held back, and what is hostile. */
export const fillShop = async <Transaction>(
  side: Backend<Transaction>,
): Promise<{ readonly transferred: string }> => {
  await fill(side)
  const desk = openCategory(customers, side)
  await right(desk.handleCommand('hostile', register))
  await right(desk.handleCommand('hostile', visit(HOSTILE)))
  await right(desk.handleCommand('hostile', visit('x'.repeat(1_000_000))))

  const office = await openOffice(onlySource(side))
  const accounts = openCategory(bookedAccounts, side)
  const plain = (command: object) => ({ transferId: null, command }) as never
  for (const owner of ['emma', 'finn']) {
    await right(accounts.handleCommand(owner, plain({ type: 'OpenAccount', owner })))
    for (let day = 1; day <= 12; day++) {
      const command = plain({ type: 'DepositMoney', amount: day * 1_000 })
      await right(accounts.handleCommand(owner, command))
    }
  }
  const manager = office.moveMoney()
  const transferred = randomUUID()
  const wish = { type: 'StartTransfer', from: 'emma', to: 'finn', amount: 3_000 } as never
  const metadata = { actor: 'emma' }
  await right(
    openCategory(transfers, side).handleCommand('rent', wish, { commandId: transferred, metadata }),
  )
  await office.ended('rent')
  await manager.stop()
  await office.close()
  return { transferred }
}
