import type { Model } from './explore'

/** One who works on a partition, or believes that it does. */
interface Owner {
  readonly phase: 'idle' | 'owner' | 'checked' | 'written'
  readonly token: number
  /** Where it goes on. */
  readonly after: number
  /** Until when its lease is valid, as far as it knows. */
  readonly until: number
}

/** A partition, and two owners; each may be frozen at any moment, for as long as it takes. */
export interface LeaseState {
  readonly time: number
  readonly leasedUntil: number
  readonly leasedBy: number
  readonly token: number
  readonly checkpoint: number
  /** The effects of events, in the order in which they were written. */
  readonly effects: ReadonlyArray<number>
  /** A step was saved by one that was not the newest owner. */
  readonly fencedSaved: boolean
  readonly owners: ReadonlyArray<Owner>
}

/** How steps are saved. */
export type Saving =
  /** The store compares the token and the checkpoint in the transaction that writes the effect. */
  | 'token and checkpoint, in one transaction'
  /** The owner looks at its clock, and then writes. */
  | 'the own clock'
  /** The store compares the checkpoint alone. */
  | 'checkpoint alone'
  /** The store compares both, some time before it writes. */
  | 'token and checkpoint, some time before'
  /** The effect is written before the checkpoint, in a transaction of its own. */
  | 'the effect first'

const LEASE = 2
const END = 6
const EVENTS = 3

type Step = readonly [name: string, next: LeaseState]

const ownerSteps = (state: LeaseState, at: number, saving: Saving): ReadonlyArray<Step> => {
  const owner = state.owners[at]!
  const name = `owner ${at + 1}`
  const to = (what: string, next: Partial<Owner>, rest: Partial<LeaseState> = {}): Step => [
    `${name} ${what}`,
    {
      ...state,
      ...rest,
      owners: state.owners.map((one, index) => (index === at ? { ...owner, ...next } : one)),
    },
  ]
  const event = owner.after + 1
  const isNewest = owner.token === state.token
  const fits = isNewest && owner.after === state.checkpoint
  const effects = [...state.effects, event]
  const fencedSaved = state.fencedSaved || !isNewest
  const moved = { checkpoint: event, fencedSaved }
  const goesOn = { phase: 'owner', after: event } as const
  const lost = to('is refused', { phase: 'idle' })
  const steps: Step[] = []
  if (owner.phase === 'idle' && (state.leasedBy === at || state.leasedUntil < state.time)) {
    const token = state.leasedBy === at ? state.token : state.token + 1
    const until = state.time + LEASE
    steps.push(
      to(
        `claims the partition at ${state.checkpoint}, with token ${token}, until ${until}`,
        { phase: 'owner', token, after: state.checkpoint, until },
        { token, leasedBy: at, leasedUntil: until },
      ),
    )
  }
  if (event > EVENTS) return steps
  switch (owner.phase) {
    case 'idle':
      return steps
    case 'owner':
      switch (saving) {
        case 'token and checkpoint, in one transaction':
          return [fits ? to(`saves event ${event}`, goesOn, { ...moved, effects }) : lost]
        case 'checkpoint alone':
          return [
            owner.after === state.checkpoint
              ? to(`saves event ${event}`, goesOn, { ...moved, effects })
              : lost,
          ]
        case 'the own clock':
          return [
            state.time <= owner.until
              ? to('sees that its lease is valid', { phase: 'checked' })
              : to('sees that its lease has run out', { phase: 'idle' }),
          ]
        case 'token and checkpoint, some time before':
          return [fits ? to('is told that it may write', { phase: 'checked' }) : lost]
        case 'the effect first':
          return [to(`writes the effect of event ${event}`, { phase: 'written' }, { effects })]
      }
    // eslint-disable-next-line no-fallthrough -- the switch above has an answer for everything
    case 'checked':
      return [to(`saves event ${event}`, goesOn, { ...moved, effects })]
    case 'written':
      return [fits ? to(`saves the checkpoint ${event}`, goesOn, moved) : lost]
  }
}

const problemIn = ({ effects, fencedSaved }: LeaseState): string | undefined => {
  const wrong = effects.findIndex((event, index) => event !== index + 1)
  if (wrong >= 0) return `the effects are ${effects.join(', ')}`
  return fencedSaved ? 'one that had lost the partition has saved a step' : undefined
}

/** Two owners of one partition: each may be frozen between any two of its steps. */
export const leaseModel = (saving: Saving): Model<LeaseState> => ({
  initial: {
    time: 0,
    leasedUntil: -1,
    leasedBy: -1,
    token: 0,
    checkpoint: 0,
    effects: [],
    fencedSaved: false,
    owners: [0, 1].map(() => ({ phase: 'idle', token: 0, after: 0, until: -1 })),
  },
  steps: (state) => [
    ...state.owners.flatMap((_, at) => ownerSteps(state, at, saving)),
    ...(state.time < END
      ? [[`it is ${state.time + 1}`, { ...state, time: state.time + 1 }] as const]
      : []),
  ],
  problem: problemIn,
  key: (state) => JSON.stringify(state),
})
