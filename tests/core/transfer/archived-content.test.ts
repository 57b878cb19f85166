import * as E from 'fp-ts/Either'
import type { ExportedEvent } from '../../../src/core/ports/transfer'
import {
  archivedBackwardsPage,
  archivedContent,
  archivedPage,
  parseArchivedContent,
} from '../../../src/core/transfer/archived-content'

const event = (version: number, tags: ReadonlyArray<string> = []): ExportedEvent => ({
  id: `00000000-0000-4000-8000-00000000000${version}`,
  streamId: 'account-A1',
  version,
  position: version * 10,
  recordedAt: 1_700_000_000_000 + version,
  type: 'Deposited "x"',
  schemaVersion: 1,
  data: { amount: version, text: 'line\nfeed, \u2028 and ünïcode' },
  metadata: { imported: true, actor: 'grace' },
  tags,
})
const events = [event(1), event(2, ['a', 'b']), event(3, ['b'])]
const content = archivedContent('account-A1', events)

describe('what an archive file holds of a stream', () => {
  it('gives the same events back, also where they were imported to', () => {
    expect(parseArchivedContent('account-A1', content)).toEqual(E.right(events))
    expect(content.split('\n')).toHaveLength(5)
  })

  it.each([
    [
      'another stream',
      content.replace('"streamId":"account-A1","events"', '"streamId":"b","events"'),
    ],
    ['no text', ''],
    ['a later format', content.replace('"format":1', '"format":2')],
    ['a line that is no event', content.replace('"version":2', '"version":"two"')],
    ['a line that is something else', `${content}{"end":{}}\n`],
    ['fewer events', content.split('\n').toSpliced(3, 1).join('\n')],
    ['an end that is cut off', content.slice(0, -1)],
  ])('is refused if it is %s', (_name, text) => {
    expect(E.isLeft(parseArchivedContent('account-A1', text))).toBe(true)
  })

  it('is answered in pages, by versions and tags, without the tags', () => {
    const { tags: _tags, ...second } = event(2)
    expect(archivedPage(events, { after: 1, limit: 1 })).toEqual({ events: [second], more: true })
    const tagged = archivedPage(events, { after: 0, limit: 1, tags: ['b', 'c'] })
    expect(tagged).toEqual({ events: [second], more: true })
    expect(archivedPage(events, { after: 0, upTo: 0, limit: 9 }).events).toEqual([])
    const back = archivedBackwardsPage(events, { before: 3, limit: 9 })
    expect(back.events.map(({ version }) => version)).toEqual([2, 1])
    expect(archivedBackwardsPage(events, { limit: 1 })).toMatchObject({
      events: [{ version: 3 }],
      more: true,
    })
  })
})
