import * as E from 'fp-ts/Either'
import { drive, reactTo } from 'reprise/algebra'

/** Every chained command is decided on the first state: the published original does this. */
export const stateNotThreaded: typeof drive = (process, limit) => (decider) => {
  const driven = drive(process, limit)(decider)
  return {
    ...driven,
    decide: (command, first) =>
      drive(
        process,
        limit,
      )({ ...decider, decide: (each) => decider.decide(each, first.decider) }).decide(
        command,
        first,
      ),
  }
}

export const eventsReversed: typeof drive = (process, limit) => (decider) => {
  const driven = drive(process, limit)(decider)
  return {
    ...driven,
    decide: (command, state) => {
      const decision = driven.decide(command, state)
      return E.isLeft(decision) ? decision : E.right(decision.right.toReversed())
    },
  }
}

/** The process hears of the first command's events only. */
export const chainCutShort: typeof drive = (process, limit) => (decider) => {
  const driven = drive(process, limit)(decider)
  return { ...driven, decide: (command, state) => decider.decide(command, state.decider) }
}

/** What was decided before the rejection stays recorded. */
export const rejectionHidden: typeof drive = (process, limit) => (decider) => {
  const driven = drive(process, limit)(decider)
  return {
    ...driven,
    decide: (command, state) => {
      const decision = driven.decide(command, state)
      return E.isLeft(decision) ? decider.decide(command, state.decider) : decision
    },
  }
}

export const processNotTold: typeof drive = (process, limit) => (decider) => {
  const driven = drive(process, limit)(decider)
  return {
    ...driven,
    evolve: (state, event) => ({ ...driven.evolve(state, event), process: state.process }),
  }
}

/** The process is asked with the state before the event. */
export const reactsToThePast: typeof drive = (process, limit) => (decider) =>
  drive(
    {
      ...process,
      react: (_, event) => reactTo(process, process.initialState, event),
    },
    limit,
  )(decider)

export const limitOffByOne: typeof drive = (process, limit) =>
  drive(process, limit === undefined ? limit : limit + 1)

export const resumesWithNothing: typeof drive = (process, limit) => (decider) => ({
  ...drive(process, limit)(decider),
  resume: () => E.right([]),
})
