import {
  type EpochMs,
  type Experiment,
  type ExperimentSetup,
  lineOf,
  PalomaError,
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
  /** The latest state of each variant that learns by itself, by its line. */
  readonly lines: ReadonlyMap<string, PolicyState>
}

/** Who an audit trail names where nobody asked. */
const SERVER = 'paloma'

/**
 * Reads the running experiments. One whose own states no longer fit features and objectives cannot go on as it was: it is
 * stopped here as invalid, with that reason in its audit trail.
 */
export async function experimentsNow(
  store: Pick<Store, 'experiments' | 'registry'>,
  config: Pick<Config, 'experiments'>,
  { current, at }: { readonly current: PolicyState; readonly at: EpochMs },
): Promise<ExperimentsNow> {
  // Read first: a change in between makes the next look read again.
  let revision = await store.experiments.revision()
  let all = await store.experiments.list()
  const frozen = await frozenStates(store, all)
  const lines = await linesOf(store, all, { current, at })
  const unfit = all.filter((each) => isUnfit(each, { frozen, lines, schemaHash: current.schemaHash }))
  if (unfit.length > 0) {
    for (const { design } of unfit) await stopUnfit(store, design.key, at)
    revision = await store.experiments.revision()
    all = await store.experiments.list()
  }
  const running = all.flatMap((each) => runningPart(each) ?? [])
  const layers = config.experiments.layers.filter(({ holdoutShare }) => holdoutShare > 0)
  const { withholding } = config.experiments
  const isAny = running.length > 0 || layers.length > 0 || withholding !== null
  return { revision, frozen, lines, setup: isAny ? { running, layers, withholding } : undefined }
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

/** The states of variants that learn by themselves; one that has none begins with everybody's. */
async function linesOf(
  { registry }: Pick<Store, 'registry'>,
  experiments: readonly Experiment[],
  begin: { readonly current: PolicyState; readonly at: EpochMs },
): Promise<ReadonlyMap<string, PolicyState>> {
  const lines = new Map<string, PolicyState>()
  for (const { design, status } of experiments) {
    if (status !== 'running' || design.learning !== 'perVariant') continue
    for (const { name } of design.variants) {
      const line = lineOf(design, name)
      lines.set(line, await lineState(registry, line, begin))
    }
  }
  return lines
}

/** Servers that begin a line in the same moment: each number is taken once, and the latest counts. */
const MAX_ATTEMPTS = 20

async function lineState(
  registry: Store['registry'],
  line: string,
  { current, at }: { readonly current: PolicyState; readonly at: EpochMs },
): Promise<PolicyState> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const latest = await registry.latestState(line)
    if (latest !== undefined) return latest
    const state: PolicyState = { ...current, id: await registry.nextStateId(), createdAt: at, line }
    const isSaved = await registry.saveState(state).then(() => true, falseWhereTaken)
    if (isSaved) return state
  }
  throw new PalomaError('STATE_BUSY', `policy states are saved faster than line ${line} can begin`)
}

function falseWhereTaken(error: unknown): false {
  if (error instanceof PalomaError && error.code === 'STATE_EXISTS') return false
  throw error
}

interface OwnStates extends Pick<ExperimentsNow, 'frozen' | 'lines'> {
  readonly schemaHash: string
}

function isUnfit({ status, design, stateId }: Experiment, { frozen, lines, schemaHash }: OwnStates): boolean {
  if (status !== 'running' || design.learning === 'shared') return false
  const states =
    stateId === null ? design.variants.map(({ name }) => lines.get(lineOf(design, name))) : [frozen.get(stateId)]
  return states.some((state) => state?.schemaHash !== schemaHash)
}

async function stopUnfit({ experiments }: Pick<Store, 'experiments'>, key: string, at: EpochMs): Promise<void> {
  await experiments.change((all) => {
    const known = all.find(({ design }) => design.key === key)
    if (known?.status !== 'running') return null
    const what = known.stateId === null ? 'its policy states' : `the frozen policy state ${known.stateId}`
    const reason = `features or objectives changed: ${what} no longer fit`
    const experiment = stopExperiment(known, { decision: 'invalid', reason }, at)
    return { experiment, change: { at, actor: SERVER, action: 'stop', note: reason } }
  })
}
