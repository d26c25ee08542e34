import { PalomaError } from '@paloma/core/domain'
import type { Store } from '../contract.ts'
import type { SqlClient } from './client.ts'
import { decisionStore } from './decisions.ts'
import { experimentStore } from './experiments.ts'
import { inboxStore } from './inbox.ts'
import { opportunityStore } from './opportunities.ts'
import { outcomeStore } from './outcomes.ts'
import { registryStore } from './registry.ts'
import { retentionStore } from './retention.ts'
import { sendStore } from './sends.ts'
import { userStore } from './users.ts'

type Driver = Pick<Store, 'traits' | 'lead' | 'close'> & Pick<Store['retention'], 'reclaim'>

/** The store over one client; what a driver does in its own way is given with it. */
export function sqlStore(client: SqlClient, driver: Driver): Store {
  return {
    traits: driver.traits,
    users: userStore(client),
    opportunities: opportunityStore(client),
    outcomes: outcomeStore(client),
    decisions: decisionStore(client),
    sends: sendStore(client, driver.traits.isShared),
    inbox: inboxStore(client),
    registry: registryStore(client),
    experiments: experimentStore(client),
    retention: { ...retentionStore(client), reclaim: () => driver.reclaim() },
    ping: () => ping(client),
    lead: (role) => driver.lead(role),
    close: () => driver.close(),
  }
}

async function ping(client: SqlClient): Promise<void> {
  try {
    await client.query('select 1')
  } catch (cause) {
    if (cause instanceof PalomaError) throw cause
    throw new PalomaError('STORE_UNREACHABLE', `the store does not answer: ${String(cause)}`, { cause })
  }
}
