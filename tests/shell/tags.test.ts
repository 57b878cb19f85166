import * as E from 'fp-ts/Either'
import { openCategory, openTogether } from 'reprise'
import type { NewEvent } from '../../src/core/recorded-event'
import { account, deposit } from '../support/bank'
import { left, right } from '../support/right'
import { freshId, stores, type StoreUnderTest } from '../support/stores'

const tagged = {
  ...account,
  tags: (_event: unknown, id: string) => [`owner:${id}`, 'bank', `owner:${id}`],
}

describe.each(stores)('a category with tags, on %s', (_name, open) => {
  let opened: StoreUnderTest
  beforeAll(async () => {
    opened = await open()
  })
  afterAll(() => opened.close())

  const eventsTagged = async (tag: string): Promise<ReadonlyArray<string>> => {
    const query = [{ tags: [tag] }] as const
    const { events } = await right(opened.second.readMatching(query, { limit: 100 }))
    return events.map(({ streamId }) => streamId)
  }

  it('stores the tags of every event, sorted and once, whichever way it was decided', async () => {
    const [one, other] = [freshId(), freshId()]
    const sent: NewEvent[] = []
    const store = {
      ...opened.store,
      append: (request: Parameters<typeof opened.store.append>[0]) => {
        sent.push(...request.events)
        return opened.store.append(request)
      },
    }
    await right(openCategory(tagged, { store }).handleCommand(one, deposit(5)))
    expect(sent.map(({ tags }) => tags)).toEqual([['bank', `owner:${one}`]])
    await right(
      openTogether({ accounts: tagged }, { store }).handleCommands({
        accounts: [[one, deposit(1)], [other, deposit(2)]], // prettier-ignore
      }),
    )
    const ids = [one, other].map((id) => `${account.name}-${id}`)
    expect(await eventsTagged(`owner:${one}`)).toEqual([ids[0], ids[0]])
    expect(await eventsTagged(`owner:${other}`)).toEqual([ids[1]])
    const ours = (await eventsTagged('bank')).filter((id) => ids.includes(id))
    expect(ours).toHaveLength(3)
  })

  it('stores nothing when the tags cannot be made, or are none', async () => {
    const id = freshId()
    const handle = (tags: () => ReadonlyArray<string>) =>
      openCategory({ ...account, tags }, opened).handleCommand(id, deposit(5))
    const cause = new Error('no tags')
    const throwing = () => {
      throw cause
    }
    expect(await left(handle(throwing))).toMatchObject({
      _tag: 'DeciderThrew',
      during: 'tags',
      cause,
      version: 0,
    })
    expect(await left(handle(() => null as unknown as string[]))).toMatchObject({
      _tag: 'DeciderThrew',
      during: 'tags',
    })
    for (const wrong of [
      [''],
      ['a\u0000'],
      ['x'.repeat(256)],
      [7 as unknown as string],
      Array.from({ length: 33 }, (_, index) => `tag${index}`),
    ]) {
      expect(await left(handle(() => wrong))).toMatchObject({ _tag: 'InvalidAppend' })
    }
    const answer = await openCategory(account, opened).load(id)()
    expect(E.isRight(answer) && answer.right.version).toBe(0)
  })
})
