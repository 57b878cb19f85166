export {
  storeContract,
  type StoreContract,
  type StoreUnderContract,
} from './testing/store-contract/contract'
