import * as t from 'io-ts'
import { type Projection } from 'reprise'
import { stateCodec } from 'reprise/codec'
import { type TransferEvent, transferEvents } from './messages'

/** A transfer, for a list. `reason`: why a booking was rejected. Empty: none was. */
const TransferStatus = t.strict({
  from: t.string,
  to: t.string,
  amount: t.number,
  status: t.keyof({ running: null, completed: null, failed: null }),
  reason: t.string,
})
export interface TransferStatus extends t.TypeOf<typeof TransferStatus> {}

/** Every transfer and its status, under its id. */
export const transferStatuses: Projection<TransferStatus, TransferEvent> = {
  name: 'transfer-statuses',
  version: 1,
  categories: ['transfer'],
  events: transferEvents,
  key: ({ streamId }) => streamId.slice('transfer-'.length),
  view: {
    initialState: { from: '', to: '', amount: 0, status: 'running', reason: '' },
    evolve: (state, event) => {
      switch (event.type) {
        case 'TransferStarted': {
          const { from, to, amount } = event
          return { ...state, from, to, amount }
        }
        case 'BookingRefused':
          return { ...state, reason: event.reason }
        case 'TransferCompleted':
          return { ...state, status: 'completed' }
        case 'TransferFailed':
          return { ...state, status: 'failed' }
      }
    },
  },
  state: stateCodec(1, TransferStatus),
}
