// What `npm run studio` shows states by, and can rebuild: see docs/how-to/studio.md.
export { accountBalances } from './account/balances'
export { bookedAccounts, transfers } from './transfer/own-streams'
export { banks } from './transfer/category'
export { transferStatuses } from './transfer/statuses'
