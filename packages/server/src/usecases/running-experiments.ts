import {
  type EpochMs,
  type Experiment,
  type ExperimentSetup,
  type PolicyState,
  runningPart,
  stopExperiment,
} from '@paloma/core'
import type { Config } from '../config/contract.ts'
import type { Store } from '../store/contract.ts'

/** The experiments that decisions look at, and the policy states they froze. */
export interface ExperimentsNow {
  readonly revision: number
  /** Absent where nothing is experimented on, so that the snapshot is as if there were no experiments. */
  readonly setup: ExperimentSetup | undefined
  readonly frozen: ReadonlyMap<number, PolicyState>
}

/** Who an audit trail names where nobody asked. */
const SERVER = 'paloma'

/**
 * Reads the running experiments. One whose frozen state no longer fits features and objectives cannot go on as it was:
 * it is stopped here as invalid, with that reason in its audit trail.
 */
export async function experimentsNow(
  store: Pick<Store, 'experiments' | 'registry'>,
  config: Pick<Config, 'experiments'>,
  scene: { readonly schemaHash: string; readonly at: EpochMs },
): Promise<ExperimentsNow> {
  // Read first: a change in between makes the next look read again.
  let revision = await store.experiments.revision()
  let all = await store.experiments.list()
  const frozen = await frozenStates(store, all)
  const unfit = all.filter((each) => isUnfit(each, frozen, scene.schemaHash))
  if (unfit.length > 0) {
    for (const { design } of unfit) await stopUnfit(store, design.key, scene.at)
    revision = await store.experiments.revision()
    all = await store.experiments.list()
  }
  const running = all.flatMap((each) => runningPart(each) ?? [])
  const layers = config.experiments.layers.filter(({ holdoutShare }) => holdoutShare > 0)
  const { withholding } = config.experiments
  const isAny = running.length > 0 || layers.length > 0 || withholding !== null
  return { revision, frozen, setup: isAny ? { running, layers, withholding } : undefined }
}

async function frozenStates(
  { registry }: Pick<Store, 'registry'>,
  experiments: readonly Experiment[],
): Promise<ReadonlyMap<number, PolicyState>> {
  const frozen = new Map<number, PolicyState>()
  for (const { status, stateId } of experiments) {
    if (status !== 'running' || stateId === null || frozen.has(stateId)) continue
    const state = await registry.loadState(stateId)
    if (state !== undefined) frozen.set(stateId, state)
  }
  return frozen
}

function isUnfit(
  { status, stateId }: Experiment,
  frozen: ReadonlyMap<number, PolicyState>,
  schemaHash: string,
): boolean {
  return status === 'running' && stateId !== null && frozen.get(stateId)?.schemaHash !== schemaHash
}

async function stopUnfit({ experiments }: Pick<Store, 'experiments'>, key: string, at: EpochMs): Promise<void> {
  await experiments.change((all) => {
    const known = all.find(({ design }) => design.key === key)
    if (known?.status !== 'running') return null
    const reason = `features or objectives changed: the frozen policy state ${known.stateId} no longer fits`
    const experiment = stopExperiment(known, { decision: 'invalid', reason }, at)
    return { experiment, change: { at, actor: SERVER, action: 'stop', note: reason } }
  })
}
