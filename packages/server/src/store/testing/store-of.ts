import type { Store } from '../contract.ts'

/** Gives the store under test; every test uses ids of its own. */
export type StoreOf = () => Store
