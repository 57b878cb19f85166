// The one domain that every contestant is given: an account that counts its deposits. An event carries
// the number of the deposit, taken from the state that was decided on. So two events of one stream with
// the same number are a lost update: two decisions on one state that were both stored.

const NOTE =
  'Paid in at the counter, in coins, counted twice and found right; the receipt was handed over. '

export const EVENT_TYPE = 'MoneyDeposited'

export const initialState = { deposits: 0, balance: 0 }

/** The state after one more event's data. */
export const evolve = (state, data) => ({
  deposits: data.number,
  balance: state.balance + data.amount,
})

/** The data of the next event: about 190 bytes of JSON. */
export const nextData = (state) => ({
  number: state.deposits + 1,
  amount: 25,
  currency: 'EUR',
  teller: 'teller-17',
  branch: 'harbour-street',
  note: NOTE,
})

/** What `count` deposits in a row record. */
export const decide = (count, state) => {
  const events = []
  for (let current = state; events.length < count;) {
    const data = nextData(current)
    events.push(data)
    current = evolve(current, data)
  }
  return events
}
