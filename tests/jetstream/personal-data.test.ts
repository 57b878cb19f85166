import { openCategory } from 'reprise'
import { jetStream } from 'reprise/jetstream'
import { customers, register } from '../support/customers'
import { startNats } from '../support/nats-cluster'
import { describeWithNats } from '../support/nats-server'
import { left, right } from '../support/right'

describeWithNats('personal data in JetStream', (program) => {
  it('is refused, and nothing of it is stored: there are no keys beside the events', async () => {
    const cluster = await startNats({ program })
    const connection = await cluster.connectToAny()
    try {
      const backend = jetStream(connection)
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
    } finally {
      await connection.close()
      await cluster.stop()
    }
  }, 60_000)
})
