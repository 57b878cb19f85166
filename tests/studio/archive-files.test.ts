import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openCategory } from 'reprise'
import { archiveDirectory, memory, type MemoryOptions } from 'reprise/memory'
import { archiveFile } from '../../src/cli/archive/archive-file'
import { moveToFile } from '../../src/shell/transfer/move-to-file'
import { right } from '../support/right'
import { customers, register, studioOn, visit } from './fixture'

const who = { by: 'grace', why: 'ticket 4711' }

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'reprise-studio-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** The studio on a store of which a stream is in a file. */
const studioWith = async (options: MemoryOptions, file: string) => {
  const backend = memory(options)
  const desk = openCategory(customers, backend)
  await right(desk.handleCommand('old', register))
  await right(desk.handleCommand('old', visit('1')))
  const { operator } = backend
  await right(operator.closeStream({ streamId: 'customer-old', ...who }))
  await right(operator.archive({ streams: ['customer-old'], tagged: 'refuse', ...who }))
  await right(moveToFile({ ...who, file: archiveFile(join(folder, file)) })(backend))
  return studioOn(backend)
}

describe('a stream in an archive file, in the studio', () => {
  it('is shown where the file is known', async () => {
    const studio = await studioWith({ archiveFiles: archiveDirectory(folder) }, 'a')
    expect(await studio.get('/api/stream?stream=customer-old')).toMatchObject({
      ...{ version: 2, first: 1, standing: 'archived' },
    })
    expect(await studio.get('/api/events?stream=customer-old')).toMatchObject({
      events: [{ version: 2 }, { version: 1 }],
    })
    expect(await studio.get('/api/state?stream=customer-old&version=2&reveal=true')).toMatchObject({
      state: { _tag: 'Known', state: { value: { name: 'Ada', visits: 1 } } },
    })
  })

  it('says why it is not shown where the file is not known', async () => {
    const studio = await studioWith({}, 'b')
    const answer = await studio.send('/api/events?stream=customer-old')
    expect(answer.ok).toBe(false)
    expect(await answer.text()).toContain('does not know where archive files are')
  })
})
