/** What an owner in a process of its own, and the tests that end it, have in common. */
export const STORE = 'owned'
export const SUBSCRIPTION = 'mails'
export const PARTITIONS = 4
/** How long a lease lasts. Milliseconds. */
export const LEASE = 1_500
