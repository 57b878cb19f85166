import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { codeOf, runCode } from '../docs/run-markdown'
import { createDatabase } from '../support/database'
import { startNats } from '../support/nats-cluster'
import { describeWithNats } from '../support/nats-server'

const PAGE = 'docs/how-to/use-jetstream.md'
// Its blocks are not those of pages that run without a server: they are marked in another way. Types: page-types.test.ts.
const [before = ''] = readFileSync(resolve(__dirname, '../..', PAGE), 'utf8')
  .replaceAll('```typescript', '```ts')
  .split('## What an acknowledgement means')
const code = codeOf(before)

describeWithNats('the page on JetStream', (program) => {
  it('has code that runs', async () => {
    const cluster = await startNats({ program, nodes: 1 })
    const { url, drop } = await createDatabase()
    const given = {
      NATS_URL: cluster.nodes[0]?.url,
      NATS_USER: 'app',
      NATS_PASSWORD: 'reprise',
      REPLICAS: '1',
      DATABASE_URL: url,
    }
    const had = Object.fromEntries(Object.keys(given).map((name) => [name, process.env[name]]))
    Object.assign(process.env, given)
    try {
      await expect(runCode(PAGE, code)).resolves.toBeUndefined()
    } finally {
      for (const [name, value] of Object.entries(had)) {
        if (value === undefined) Reflect.deleteProperty(process.env, name)
        else process.env[name] = value
      }
      await drop()
      await cluster.stop()
    }
  }, 60_000)
})
