export {
  type Outcome,
  type Situation,
  specification,
  type Specification,
} from './testing/specification'
export {
  storeContract,
  type StoreContract,
  type StoreUnderContract,
} from './testing/store-contract/contract'
