import { createHash } from 'node:crypto'
import { initialState, PalomaError, type PolicyState, type Snapshot, shapeOf } from '@paloma/core'
import type { Config } from '../config/contract.ts'
import type { Store } from '../store/contract.ts'

/** Holds the snapshot that decisions are made with, and finds the ones that past decisions were made with. */
export interface SnapshotKeeper {
  current(): Snapshot
  /** What was believed before the first reward, under the current configuration. */
  prior(): PolicyState
  /** Makes a newly learned state the current one, once it is stored. */
  adopt(state: PolicyState): void
  /** @throws PalomaError SNAPSHOT_GONE or STATE_GONE when the store no longer has it */
  at(version: string, stateId: number): Promise<Snapshot>
}

type SnapshotParts = Omit<Snapshot, 'version' | 'state'>

function partsOf(config: Config): SnapshotParts {
  const { objectives, rules, features, groups, groupSalt, prices } = config
  return { objectives, rules, features, groups, groupSalt, prices }
}

/** Past snapshots kept in memory. */
const KEPT = 64
/** Servers that start at once and take one another's numbers; each round at least one gets through. */
const MAX_ATTEMPTS = 20

/**
 * Loads the latest policy state, or starts with the prior: at first, and when features or objectives changed since. A
 * state learned under another schema stays in the registry, and a new one is numbered after it.
 */
export async function snapshotKeeper(store: Store, config: Config, at: number): Promise<SnapshotKeeper> {
  const parts = partsOf(config)
  const json = JSON.stringify(parts)
  const version = createHash('sha256').update(json).digest('hex').slice(0, 16)
  await store.registry.saveSnapshot(version, json, at)
  const prior = initialState(parts.objectives, shapeOf(parts), at)
  let current: Snapshot = { ...parts, version, state: await openingState(store.registry, prior) }
  const past = pastSnapshots(store)

  return {
    current: () => current,
    prior: () => prior,
    adopt(next) {
      current = { ...parts, version, state: next }
    },
    async at(wanted, stateId) {
      return wanted === version && stateId === current.state.id ? current : past.at(wanted, stateId)
    },
  }
}

/** The latest state that fits the schema; where there is none the prior, under the next free number. */
async function openingState(registry: Store['registry'], prior: PolicyState): Promise<PolicyState> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const latest = await registry.latestState()
    if (latest?.schemaHash === prior.schemaHash) return latest
    const state = latest === undefined ? prior : successorOf(latest, prior)
    if (await isSaved(registry, state)) return state
  }
  throw new PalomaError(
    'STATE_BUSY',
    `policy states are saved faster than one can be added (${MAX_ATTEMPTS} attempts)`,
    {
      hint: 'servers with different features or objectives seem to share one store',
    },
  )
}

/** The prior after a change of features or objectives: decisions made before it have features of another shape. */
function successorOf(latest: PolicyState, prior: PolicyState): PolicyState {
  const learnedUntil = Object.fromEntries(Object.keys(prior.heads).map((name) => [name, prior.createdAt]))
  return { ...prior, id: latest.id + 1, learnedUntil }
}

/** False where another server, starting in the same moment, took the number. */
async function isSaved(registry: Store['registry'], state: PolicyState): Promise<boolean> {
  try {
    await registry.saveState(state)
    return true
  } catch (error) {
    if (error instanceof PalomaError && error.code === 'STATE_EXISTS') return false
    throw error
  }
}

/** Finds the snapshots that past decisions were made with; keeps the latest ones in memory and writes nothing. */
export function pastSnapshots(store: Store): Pick<SnapshotKeeper, 'at'> {
  const past = new Map<string, Snapshot>()

  const load = async (wanted: string, stateId: number): Promise<Snapshot> => {
    const text = await store.registry.loadSnapshot(wanted)
    if (text === undefined) throw new PalomaError('SNAPSHOT_GONE', `snapshot ${wanted} is no longer stored`)
    const found = await store.registry.loadState(stateId)
    if (found === undefined) throw new PalomaError('STATE_GONE', `policy state ${stateId} is no longer stored`)
    const parts: SnapshotParts = JSON.parse(text)
    return { ...parts, version: wanted, state: found }
  }

  return {
    async at(wanted, stateId) {
      const key = `${wanted}/${stateId}`
      const known = past.get(key)
      if (known !== undefined) return known
      const loaded = await load(wanted, stateId)
      if (past.size >= KEPT) past.delete(past.keys().next().value!)
      past.set(key, loaded)
      return loaded
    },
  }
}
