import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import type { NatsConnection } from '@nats-io/nats-core'
import { jetStream } from 'reprise/jetstream'
import { aMark, anEvent, appendTo, freshStream } from '../../src/testing/store-contract/fixtures'
import { type NatsCluster, startNats } from '../support/nats-cluster'
import { describeWithNats } from '../support/nats-server'
import { right } from '../support/right'
import { fillDisk, mountDisk, unmountDisk } from '../support/small-disk'
import { until } from '../support/until'

const MEGABYTES = 64
const STREAM = 'reprise_ev0'
const PATIENCE = 60_000

/** Lets a node lead a JetStream stream. */
const leadBy = (cluster: NatsCluster, connection: NatsConnection, name: string) =>
  until(async () => {
    if ((await cluster.leaderOf(STREAM)) === name) return true
    const body = JSON.stringify({ placement: { preferred: name } })
    await connection
      .request(`$JS.API.STREAM.LEADER.STEPDOWN.${STREAM}`, body)
      .catch(() => undefined)
    await new Promise((resolve) => setTimeout(resolve, 200))
    return undefined
  }, PATIENCE)

describeWithNats('a node of JetStream whose disk is full', (program) => {
  const disk = mkdtempSync(join(tmpdir(), 'reprise-disk-'))
  const isMounted = mountDisk(disk, MEGABYTES)
  const others = mkdtempSync(join(tmpdir(), 'reprise-disks-'))
  afterAll(() => {
    if (isMounted) unmountDisk(disk)
    for (const folder of [disk, others]) rmSync(folder, { recursive: true, force: true })
  })
  // Where no disk can be mounted, there is none to be filled.
  const itOnDisk = isMounted ? it : it.skip

  itOnDisk.each([['leads'], ['follows']])(
    'loses nothing, and the other two go on, when it %s; it has all of it once there is room again',
    async (role) => {
      const folderOf = (index: number): string =>
        join(index === 0 ? disk : others, `${role}-n${index + 1}`)
      const cluster = await startNats({ program, folderOf, jetstream: 'max_file_store: 1GB' })
      const filler = join(disk, 'filler')
      const connection = await cluster.connectToAny()
      try {
        const { store, migrate } = jetStream(connection)
        await until(async () => (E.isRight(await migrate()) ? true : undefined), PATIENCE)
        await leadBy(cluster, connection, role === 'leads' ? 'n1' : 'n2')

        const streams = [freshStream(), freshStream(), freshStream()]
        const failures: string[] = []
        const acknowledged = new Map<string, string[]>(streams.map((streamId) => [streamId, []]))
        /** Appends to each stream, with an id, until the answer is definite. */
        const work = (from: number, count: number) =>
          Promise.all(
            streams.map(async (streamId) => {
              for (let index = from; index < from + count; index++) {
                const commandId = `c${index}`
                const events = [anEvent({ text: 'x'.repeat(20_000) }, { commandId })]
                const request = appendTo(streamId, 'any', events, [aMark(commandId, 1)])
                await until(async () => {
                  const answer = await store.append(request)()
                  if (E.isRight(answer) || answer.left._tag === 'CommandAlreadyHandled') return true
                  failures.push(answer.left._tag)
                  return undefined
                }, PATIENCE)
                acknowledged.get(streamId)?.push(commandId)
              }
            }),
          )
        await work(0, 20)
        fillDisk(filler)
        await work(20, 60)
        expect(failures.filter((tag) => tag !== 'StoreFailed')).toEqual([])

        rmSync(filler)
        await cluster.nodes[0]?.kill()
        cluster.nodes[0]?.start()
        await leadBy(cluster, connection, 'n1')
        const own = await cluster.connect(0)
        for (const streamId of streams) {
          const page = await right(jetStream(own).store.read(streamId, { after: 0, limit: 1_000 }))
          expect(page.events.map(({ metadata }) => metadata.commandId)).toEqual(
            acknowledged.get(streamId),
          )
          expect(page.events.map(({ version }) => version)).toEqual(
            Array.from({ length: 80 }, (_, index) => index + 1),
          )
        }
        await own.close()
      } finally {
        rmSync(filler, { force: true })
        await connection.close()
        await cluster.stop()
        rmSync(folderOf(0), { recursive: true, force: true })
      }
    },
    180_000,
  )
})
