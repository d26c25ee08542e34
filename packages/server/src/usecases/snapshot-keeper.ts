import { createHash } from 'node:crypto'
import {
  type EpochMs,
  type ExperimentSetup,
  initialState,
  ownStateOf,
  PalomaError,
  type PolicyState,
  type Snapshot,
  shapeOf,
  type UserProfile,
} from '@paloma/core'
import type { Config, SnapshotConfig } from '../config/contract.ts'
import type { Store } from '../store/contract.ts'
import { experimentsNow } from './running-experiments.ts'
import { begunAnew } from './state-begun.ts'

/** Holds the snapshot that decisions are made with, and finds the ones that past decisions were made with. */
export interface SnapshotKeeper {
  current(): Snapshot
  /** The current one with the policy state of this user: another where an experiment froze one, or has one per variant. */
  currentFor(profile: UserProfile, now: EpochMs): Snapshot
  /** The latest states of variants that learn by themselves. */
  lines(): readonly PolicyState[]
  /** What was believed before the first reward, under the current configuration. */
  prior(): PolicyState
  /** Makes a newly learned state the current one of everybody or of its line, once it is stored. */
  adopt(state: PolicyState): void
  /** Takes over changes of experiments, of this process or another; answers whether there were any. */
  follow(now: EpochMs): Promise<boolean>
  /** @throws PalomaError SNAPSHOT_GONE or STATE_GONE when the store no longer has it */
  at(version: string, stateId: number): Promise<Snapshot>
}

type SnapshotParts = Omit<Snapshot, 'version' | 'state'>

/** What a configuration gives to a snapshot. */
export function partsOf(config: SnapshotConfig, experiments: ExperimentSetup | undefined): SnapshotParts {
  const { objectives, rules, features, groups, groupSalt, prices, priceTargets, messages, artifact } = config
  return {
    ...{ objectives, rules, features: withoutNothing(features), groups, groupSalt, prices },
    ...(priceTargets.length === 0 ? {} : { priceTargets }),
    ...(messages === null ? {} : { messages }),
    ...(artifact === null ? {} : { artifact }),
    ...(experiments === undefined ? {} : { experiments }),
  }
}

/** No indicators of variants mean the same as a schema that does not name them, and so have the same version. */
function withoutNothing({ variantBuckets = 0, ...others }: Config['features']): Snapshot['features'] {
  return variantBuckets === 0 ? others : { ...others, variantBuckets }
}

/** Past snapshots kept in memory. */
const KEPT = 64
/** Servers that start at once and take one another's numbers; each round at least one gets through. */
const MAX_ATTEMPTS = 20

/**
 * Loads the latest policy state, or starts with the prior: at first, and when features or objectives changed since. A
 * state learned under another schema stays in the registry, and a new one is numbered after it. Running experiments are
 * part of the snapshot, so that every change of theirs makes a new version.
 */
export async function snapshotKeeper(store: Store, config: Config, at: number): Promise<SnapshotKeeper> {
  const prior = initialState(config.objectives, shapeOf(partsOf(config, undefined)), at)
  const opening = await openingState(store.registry, prior, config.learning.relearnDays)
  let setting = await settingOf(store, config, { current: opening, at })
  let current = snapshotOf(setting, opening)
  let own = ownSnapshots(setting)
  let turn: Promise<unknown> = Promise.resolve()
  const past = pastSnapshots(store)
  const follow = async (now: EpochMs): Promise<boolean> => {
    if ((await store.experiments.revision()) === setting.revision) return false
    setting = await settingOf(store, config, { current: current.state, at: now })
    current = snapshotOf(setting, current.state)
    own = ownSnapshots(setting)
    return true
  }

  return {
    current: () => current,
    currentFor(profile, now) {
      const state = ownStateOf(current, profile, now)
      if (state === null) return current
      return (state.kind === 'frozen' ? own.frozen.get(state.stateId) : own.lines.get(state.line)) ?? current
    },
    lines: () => [...own.lines.values()].map(({ state }) => state),
    prior: () => prior,
    adopt(next) {
      if (next.line === undefined) current = snapshotOf(setting, next)
      else own.lines.set(next.line, snapshotOf(setting, next))
    },
    follow(now) {
      // One after the other, so that what was read first never replaces what was read later.
      const followed = turn.then(() => follow(now))
      turn = followed.catch(() => undefined)
      return followed
    },
    async at(wanted, stateId) {
      return wanted === setting.version && stateId === current.state.id ? current : past.at(wanted, stateId)
    },
  }
}

function snapshotOf({ parts, version }: Setting, state: PolicyState): Snapshot {
  return { ...parts, version, state }
}

/** The snapshots of users who do not decide with everybody's state: by its number, or by the line of their variant. */
function ownSnapshots(setting: Setting): {
  readonly frozen: ReadonlyMap<number, Snapshot>
  readonly lines: Map<string, Snapshot>
} {
  const { frozen, lines } = setting
  return {
    frozen: new Map([...frozen].map(([id, state]) => [id, snapshotOf(setting, state)])),
    lines: new Map([...lines].map(([line, state]) => [line, snapshotOf(setting, state)])),
  }
}

/** Everything of the snapshot but the policy state, as the configuration and the experiments have it. */
interface Setting {
  readonly parts: SnapshotParts
  readonly version: string
  /** Of the experiments, when they were read. */
  readonly revision: number
  readonly frozen: ReadonlyMap<number, PolicyState>
  readonly lines: ReadonlyMap<string, PolicyState>
}

async function settingOf(
  store: Store,
  config: Config,
  { current, at }: { readonly current: PolicyState; readonly at: EpochMs },
): Promise<Setting> {
  const { setup, ...rest } = await experimentsNow(store, config, { current, at })
  const parts = partsOf(config, setup)
  const json = JSON.stringify(parts)
  const version = createHash('sha256').update(json).digest('hex').slice(0, 16)
  await store.registry.saveSnapshot(version, json, at)
  return { parts, version, ...rest }
}

/** The latest state that fits the schema; where there is none the prior, under the next free number. */
async function openingState(
  registry: Store['registry'],
  prior: PolicyState,
  relearnDays: number,
): Promise<PolicyState> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const latest = await registry.latestState()
    if (latest?.schemaHash === prior.schemaHash) return latest
    const state =
      latest === undefined ? prior : withPricesOf(latest, begunAnew(await registry.nextStateId(), prior, relearnDays))
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

/** What prices have found out does not hang on features. */
function withPricesOf({ dualPrices }: PolicyState, state: PolicyState): PolicyState {
  return dualPrices === undefined ? state : { ...state, dualPrices }
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
