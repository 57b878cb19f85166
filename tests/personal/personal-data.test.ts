import * as t from 'io-ts'
import { commands, openCategory } from 'reprise'
import { forgotten, personal, refined } from 'reprise/codec'
import { masterKeyFrom, memory, type MasterKey, rotateMasterKey } from 'reprise/memory'
import { assertLaws, checkDecider } from 'reprise/testing'
import {
  type Customer,
  type CustomerCommand,
  type CustomerEvent,
  customers,
  register,
} from '../support/customers'
import { left, right } from '../support/right'

const bytes = (fill: number) => new Uint8Array(32).fill(fill)
const masterKeys: Readonly<Record<string, Uint8Array>> = { one: bytes(1), two: bytes(2) }
const masterKey = masterKeyFrom('one', (id) => masterKeys[id])

const opened = (key: MasterKey = masterKey, cacheFor?: number) =>
  memory({ personalData: { masterKey: key, ...(cacheFor === undefined ? {} : { cacheFor }) } })
const forgetting = (subject: string) => ({ subject, by: 'test', why: 'ticket 1' })
const registered = async (backend = opened()) => {
  const desk = openCategory(customers, backend)
  await right(desk.handleCommand('7', register('c-7', 'ada@example.org', 'Ada')))
  return { backend, desk }
}

describe('personal data', () => {
  it('is read as it was written, and shown by nothing that writes an event as text', async () => {
    const { desk } = await registered()
    expect((await right(desk.load('7'))).state).toMatchObject({
      email: 'ada@example.org',
      names: ['Ada'],
    })
    const { encode } = customers.events
    const encoded = encode({ type: 'Moved', customerId: 'c-7', email: 'ada@example.org' })
    expect(JSON.stringify(encoded)).toContain('[personal data]')
    expect(JSON.stringify(encoded)).not.toContain('ada@')
  })

  it('is refused by a backend without `personalData`: nothing is stored', async () => {
    const backend = memory()
    const desk = openCategory(customers, backend)
    const refused = await left(desk.handleCommand('7', register('c-7', 'ada@example.org', 'Ada')))
    expect(refused).toMatchObject({
      _tag: 'UnencodableEvent',
      issues: [{ message: expect.stringContaining('`personalData`') as string }],
    })
    expect(JSON.stringify(refused)).not.toContain('ada@')
    expect(await right(desk.version('7'))).toEqual({ version: 0 })
  })

  it('is not shown by what refuses it', () => {
    const Email = refined('Email', t.string, (text) => text.includes('@'))
    const owner = ({ customerId }: { readonly customerId: string }) => customerId
    const email = personal(owner, Email)
    const codec = commands({ Move: { customerId: t.string, email } })
    const refused = codec.decode({ type: 'Move', customerId: 'c-7', email: 'Ada Lovelace' })
    expect(refused).toMatchObject({ left: [{ path: 'email' }] })
    expect(JSON.stringify(refused)).not.toContain('Ada')
  })

  it('lets nothing in that looks as if it were sealed', async () => {
    const append = opened().store.append({
      streamId: 'customer-7',
      expectedVersion: 0,
      commands: [],
      events: [
        {
          id: crypto.randomUUID(),
          type: 'Moved',
          schemaVersion: 1,
          data: { customerId: 'c-7', email: { $personal: 'c-7', sealed: 'AAAA' } },
          metadata: {},
        },
      ],
    })
    expect(await left(append)).toMatchObject({ _tag: 'UnencodableEvent' })
  })
})

describe('a subject that was forgotten', () => {
  it('is a placeholder in events, states and snapshots, and everything else stays', async () => {
    const { backend, desk } = await registered()
    for (const address of ['ada@b.example', 'ada@c.example']) {
      await right(desk.handleCommand('7', { type: 'Move', email: address }))
    }
    await desk.snapshotsSettled()
    await right(desk.handleCommand('9', register('c-9', 'grace@example.org', 'Grace')))
    const forgottenOne = await right(backend.operator.forgetSubject(forgetting('c-7')))
    expect(forgottenOne).toMatchObject({ subject: 'c-7', by: 'test', why: 'ticket 1' })

    const gone = { customerId: 'c-7', email: forgotten, names: [] }
    for (const one of [desk, openCategory(customers, backend)]) {
      const { state, version } = await right(one.load('7'))
      expect({ state, version }).toEqual({ state: { ...gone, greetings: 0 }, version: 3 })
    }
    const { events } = await right(desk.events('7'))
    expect(events.map(({ event }) => event)).toEqual([
      {
        type: 'Registered',
        customerId: 'c-7',
        email: forgotten,
        people: [{ customerId: 'c-7', name: 'N.N.' }],
      },
      { type: 'Moved', customerId: 'c-7', email: forgotten },
      { type: 'Moved', customerId: 'c-7', email: forgotten },
    ])
    expect((await right(desk.load('9'))).state.email).toBe('grace@example.org')
    const moving = desk.handleCommand('7', { type: 'Move', email: 'x@example.org' })
    expect(await left(moving)).toMatchObject({ _tag: 'Rejected', rejection: 'Forgotten' })
  })

  it('gets no new personal data, and everything else is stored', async () => {
    const { backend, desk } = await registered()
    await right(backend.operator.forgetSubject(forgetting('c-7')))
    const again = await left(desk.handleCommand('7', register('c-7', 'ada@example.org', 'Ada')))
    expect(again).toMatchObject({
      _tag: 'UnencodableEvent',
      issues: [{ message: expect.stringContaining('c-7 was forgotten') as string }],
    })
    const greet = { type: 'Greet', customerId: 'c-7', email: forgotten } as const
    expect(await right(desk.handleCommand('7', greet))).toMatchObject({ version: 2 })
  })

  it('is in no cache of a process that is told of it', async () => {
    const { backend, desk } = await registered()
    const elsewhere = openCategory(customers, backend)
    await right(elsewhere.load('7'))
    await right(backend.operator.forgetSubject(forgetting('c-7')))
    for (const one of [desk, elsewhere]) {
      expect((await right(one.cached('7'))).state.email).toEqual(forgotten)
    }
  })
})

describe('a key', () => {
  it('is asked for again once its time in memory is over, and so is a state', async () => {
    const { backend } = await registered()
    let unwrapped = 0
    const counting: MasterKey = {
      ...masterKey,
      unwrap: (wrapped, id) => {
        unwrapped += 1
        return masterKey.unwrap(wrapped, id)
      },
    }
    expect(backend.store.stateLifetime?.maxAge).toBe(60_000)
    const kept = opened(counting, 3_600_000)
    const notKept = opened(counting, 0)
    for (const [one, times] of [
      [kept, 1],
      [notKept, 3],
    ] as const) {
      const { desk } = await registered(one)
      unwrapped = 0
      for (let round = 0; round < 3; round++) await right(desk.cached('7'))
      expect(unwrapped).toBeLessThanOrEqual(times)
      expect(unwrapped).toBeGreaterThanOrEqual(times - 1)
    }
  })

  it('that is wrapped by another master key, or cannot be unwrapped, is a typed error', async () => {
    const failing = [
      ['MasterKeyWrong', masterKeyFrom('one', () => bytes(9))],
      ['MasterKeyWrong', masterKeyFrom('one', () => undefined)],
      ['MasterKeyWrong', masterKeyFrom('one', () => new Uint8Array(16))],
      ['MasterKeyUnavailable', { ...masterKey, unwrap: () => Promise.reject(new Error('down')) }],
    ] as const
    for (const [reason, key] of failing) {
      let current: MasterKey = masterKey
      const changing: MasterKey = {
        id: 'one',
        wrap: (bytesOfKey) => current.wrap(bytesOfKey),
        unwrap: (wrapped, id) => current.unwrap(wrapped, id),
      }
      const { desk } = await registered(opened(changing, 0))
      current = key
      expect(await left(desk.load('7'))).toMatchObject({ _tag: 'StoreFailed', reason })
      const moving = desk.handleCommand('8', register('c-7', 'b@example.org', 'Ada'))
      expect(await left(moving)).toMatchObject({ _tag: 'StoreFailed', reason })
    }
    const short = masterKeyFrom('one', () => new Uint8Array(5))
    const desk = openCategory(customers, opened(short))
    const refused = desk.handleCommand('7', register('c-7', 'a@example.org', 'Ada'))
    expect(await left(refused)).toMatchObject({ reason: 'MasterKeyUnavailable' })
  })
})

describe('the rotation of the master key', () => {
  it('wraps every key anew, while everything can be read, and can be repeated', async () => {
    const both = (id: string) => masterKeyFrom(id, (of) => masterKeys[of])
    let current = both('one')
    const changing: MasterKey = {
      get id() {
        return current.id
      },
      wrap: (key) => current.wrap(key),
      unwrap: (wrapped, id) => current.unwrap(wrapped, id),
    }
    const { backend, desk } = await registered(opened(changing, 0))
    await right(desk.handleCommand('9', register('c-9', 'grace@example.org', 'Grace')))
    await right(desk.handleCommand('8', register('c-8', 'joan@example.org', 'Joan')))
    await right(backend.operator.forgetSubject(forgetting('c-8')))
    current = both('two')
    expect(await right(rotateMasterKey(backend, current))).toEqual({ keys: 2 })
    expect(await right(rotateMasterKey(backend, current))).toEqual({ keys: 0 })
    current = masterKeyFrom('two', (id) => (id === 'two' ? masterKeys['two'] : undefined))
    expect((await right(desk.load('7'))).state.email).toBe('ada@example.org')
    expect((await right(desk.load('8'))).state.email).toEqual(forgotten)
    const wrong = await left(
      rotateMasterKey(
        backend,
        masterKeyFrom('three', () => bytes(3)),
      ),
    )
    expect(wrong).toMatchObject({ _tag: 'StoreFailed', reason: 'MasterKeyWrong' })
  })
})

describe('checkDecider, of a decider with personal events', () => {
  it('holds that it takes the placeholder of every personal field', () => {
    const { commands, events, snapshots } = customers
    const state = snapshots?.state
    const check = {
      decider: customers.decider,
      codecs: { commands, events, ...(state && { state }) },
      runs: 50,
    }
    const report = checkDecider(check)
    assertLaws(report)
    expect(report.results.map(({ law }) => law)).toContain('forgetting breaks nothing')
  })

  it.each([
    [
      'evolve',
      {
        evolve: (state: Customer, event: CustomerEvent) => {
          const after = customers.decider.evolve(state, event)
          if (event.type === 'Moved') (event.email as string).toLowerCase()
          return after
        },
      },
    ],
    [
      'decide',
      {
        decide: (command: CustomerCommand, state: Customer) => {
          if (state.customerId !== '') (state.email as string).toLowerCase()
          return customers.decider.decide(command, state)
        },
      },
    ],
  ])('finds one whose `%s` does not', (name, change) => {
    const { commands, events } = customers
    const decider = { ...customers.decider, ...change }
    const { results } = checkDecider({ decider, codecs: { commands, events }, runs: 200, seed: 1 })
    const law = results.find((one) => one.law === 'forgetting breaks nothing')
    expect(law).toMatchObject({ _tag: 'Broken', problem: expect.stringContaining(name) as string })
  })
})
