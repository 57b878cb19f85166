import { accept, type Decider, reject } from 'reprise'
import type { TransferCommand, TransferEvent, TransferRejection, TransferState } from './messages'

/** One transfer of money: it starts, and it is completed or has failed. */
export const transfer: Decider<TransferCommand, TransferState, TransferEvent, TransferRejection> = {
  initialState: 'new',
  decide: (command, state) => {
    switch (command.type) {
      case 'StartTransfer':
        if (state !== 'new') return reject({ _tag: 'AlreadyStarted' })
        return accept({ ...command, type: 'TransferStarted' })
      case 'RefuseBooking':
        if (state !== 'running') return reject({ _tag: 'NotRunning' })
        return accept({ type: 'BookingRefused', reason: command.reason })
      case 'CompleteTransfer':
        if (state !== 'running') return reject({ _tag: 'NotRunning' })
        return accept({ type: 'TransferCompleted' })
      case 'FailTransfer':
        if (state !== 'running') return reject({ _tag: 'NotRunning' })
        return accept({ type: 'TransferFailed' })
    }
  },
  evolve: (state, event) => {
    switch (event.type) {
      case 'TransferStarted':
        return 'running'
      case 'BookingRefused':
        return state
      case 'TransferCompleted':
        return 'completed'
      case 'TransferFailed':
        return 'failed'
    }
  },
  isTerminal: (state) => state === 'completed' || state === 'failed',
}
