import { openCategory } from 'reprise'
import { forgotten } from 'reprise/codec'
import { jetStream } from 'reprise/jetstream'
import { customers, register } from '../support/customers'
import { startNats } from '../support/nats-cluster'
import { describeWithNats } from '../support/nats-server'
import { left, right } from '../support/right'

describeWithNats('personal data in JetStream', (program) => {
  it('is refused, and nothing of it is stored: there are no keys beside the events', async () => {
    const cluster = await startNats({ program, nodes: 1 })
    const connection = await cluster.connect(0)
    try {
      const backend = jetStream(connection, { replicas: 1 })
      await right(backend.migrate)
      const desk = openCategory(customers, backend)
      const ada = desk.handleCommand('7', register('c-7', 'ada@planted.example', 'Ada Planted'))
      const refused = await left(ada)
      expect(refused).toMatchObject({
        _tag: 'UnencodableEvent',
        issues: [{ message: expect.stringContaining('`personalData`') as string }],
      })
      expect(JSON.stringify(refused)).not.toContain('lanted')
      expect(await right(desk.version('7'))).toEqual({ version: 0 })

      const greet = { type: 'Greet', customerId: 'c-7', email: forgotten } as const
      await right(desk.handleCommand('7', greet))
      const encoded = customers.snapshots?.state.encode({
        ...{
          customerId: 'c-7',
          email: 'ada@planted.example',
          names: ['Ada Planted'],
          greetings: 1,
        },
      })
      const state = encoded?._tag === 'Right' ? encoded.right : {}
      const snapshot = { streamId: 'customer-7', version: 1, schemaVersion: 1, state }
      expect(await left(backend.store.saveSnapshot(snapshot))).toMatchObject({
        _tag: 'StoreFailed',
        reason: 'DataRefused',
        outcome: 'nothingWritten',
      })
      const loading = { streamId: 'customer-7', after: 0, limit: 9, snapshotSchema: 1 }
      expect(JSON.stringify(await right(backend.store.load(loading)))).not.toContain(
        'personal data',
      )
    } finally {
      await connection.close()
      await cluster.stop()
    }
  }, 60_000)
})
