import { afterAll, beforeAll, describe } from 'vitest'
import type { Store } from '../contract.ts'
import { testDecisions } from './decisions-suite.ts'
import { testExperiments } from './experiments-suite.ts'
import { testInbox } from './inbox-suite.ts'
import { testLearning } from './learning-suite.ts'
import { testOpportunities } from './opportunities-suite.ts'
import { testOutcomes } from './outcomes-suite.ts'
import { testRegistry } from './registry-suite.ts'
import { testRetention } from './retention-suite.ts'
import { testSends } from './sends-suite.ts'
import type { StoreOf } from './store-of.ts'
import { testUsers } from './users-suite.ts'

/** What every store must do. `open` gives an empty one, which the suite closes. */
export function testStore(name: string, open: () => Promise<Store>): void {
  describe(name, () => {
    let store: Store | undefined
    beforeAll(async () => {
      store = await open()
    })
    afterAll(() => store?.close())
    const storeOf: StoreOf = () => {
      if (store === undefined) throw new Error('the store did not open')
      return store
    }
    testLearning(storeOf)
    testUsers(storeOf)
    testOpportunities(storeOf)
    testOutcomes(storeOf)
    testDecisions(storeOf)
    testSends(storeOf)
    testInbox(storeOf)
    testRegistry(storeOf)
    testExperiments(storeOf)
    testRetention(storeOf)
  })
}
