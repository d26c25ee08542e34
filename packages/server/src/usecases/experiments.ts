import { isDeepStrictEqual } from 'node:util'
import {
  CHANNELS,
  type DesignFault,
  designFaults,
  draftOf,
  type EpochMs,
  type Experiment,
  type ExperimentAction,
  type ExperimentDesign,
  invalidDesign,
  PalomaError,
  type Phase,
  rampExperiment,
  sampleRatios,
  startExperiment,
  stopExperiment,
  stoppedExperiment,
} from '@paloma/core'
import { alwaysOn } from './always-on.ts'
import type { DeepQuestions, ExperimentResults, ExposureReport, Usecases } from './contract.ts'
import { oneAtATime, pastOfLog } from './deep-results.ts'
import type { Deps } from './deps.ts'
import { type PlanOptions, planFromLog } from './experiment-plan.ts'
import { alwaysOnResults, experimentResults } from './experiment-results.ts'
import type { ResultSource } from './experiment-sources.ts'
import { dayOf, keptSince } from './kept-since.ts'
import { metricsOf } from './live-metrics.ts'

type ExperimentDeps = Pick<
  Deps,
  'store' | 'history' | 'historyRows' | 'config' | 'clock' | 'snapshots' | 'readOut' | 'planUnits'
>

/** The life of experiments: every change is one transaction over all of them, with a line in the audit trail. */
export function experimentUsecases(deps: ExperimentDeps): Usecases['experiments'] {
  const { store, clock } = deps
  const { experiments } = store
  const inTurn = oneAtATime<ExperimentResults | undefined>()
  return {
    create: (design, actor) => create(deps, design, actor),
    list: () => experiments.list(),
    async get(key) {
      const experiment = await experiments.get(key)
      if (experiment === undefined) return undefined
      return { experiment, faults: faultsOf(deps, experiment.design), changes: await experiments.changes(key) }
    },
    start: (key, actor) =>
      change(deps, { key, actor, action: 'start', note: '' }, (experiment, running) =>
        startExperiment(experiment, startScene(deps, experiment, running)),
      ),
    ramp: (key, ramp, actor) =>
      change(deps, { key, actor, action: 'ramp', note: JSON.stringify(ramp) }, (experiment) =>
        rampExperiment(experiment, ramp, clock.now()),
      ),
    stop: (key, end, actor) =>
      change(deps, { key, actor, action: 'stop', note: `${end.decision}: ${end.reason}` }, (experiment) =>
        stopExperiment(experiment, end, clock.now()),
      ),
    exposures: (key) => exposuresOf(deps, key),
    results(key, from = 'live', deep = {}) {
      const ask = (): Promise<ExperimentResults | undefined> => resultsOf(deps, key, { from, deep })
      if (deep.heterogeneity !== true && deep.pastEffects !== true) return ask()
      return inTurn(JSON.stringify([key, from, deep.heterogeneity === true, deep.pastEffects === true]), ask)
    },
    plan: (key, options) => plan(deps, key, options),
  }
}

async function resultsOf(
  deps: ExperimentDeps,
  key: string,
  { from, deep }: { readonly from: ResultSource; readonly deep: DeepQuestions },
): Promise<ExperimentResults | undefined> {
  const { experiments } = deps.store
  const experiment = await experiments.get(key)
  const standing = experiment === undefined ? alwaysOn(deps.config, key) : undefined
  if (experiment === undefined && standing === undefined) return undefined
  const past =
    deep.pastEffects === true
      ? await pastOfLog(await experiments.list(), key, (each) => experimentResults(deps, each, { from }))
      : undefined
  const how = { from, heterogeneity: deep.heterogeneity === true, ...(past === undefined ? {} : { past }) }
  if (experiment !== undefined) return experimentResults(deps, experiment, how)
  return standing && alwaysOnResults(deps, { ...standing, key }, how)
}

async function plan(
  deps: ExperimentDeps,
  key: string,
  options: PlanOptions,
): ReturnType<Usecases['experiments']['plan']> {
  const experiment = await deps.store.experiments.get(key)
  if (experiment === undefined) return undefined
  const { design, status } = experiment
  if (status === 'stopped') throw stoppedExperiment(key)
  const [fault] = faultsOf(deps, design)
  if (fault !== undefined) throw invalidDesign(key, fault)
  return planFromLog(deps, experiment, options)
}

function faultsOf({ config }: ExperimentDeps, design: ExperimentDesign): readonly DesignFault[] {
  const objectives = config.objectives.map(({ name }) => name)
  return designFaults(design, {
    objectives,
    channels: CHANNELS.filter((channel) => config.rules.channels[channel] !== undefined),
    layers: config.experiments.layers,
    metrics: metricsOf(config).map(({ name }) => name),
    limits: config.sharedLimits.map(({ name }) => name),
  })
}

function startScene(
  deps: ExperimentDeps,
  { design }: Experiment,
  running: readonly Experiment[],
): Parameters<typeof startExperiment>[1] {
  const { config, clock, snapshots } = deps
  const { id: stateId } = snapshots.current().state
  return { at: clock.now(), layers: config.experiments.layers, stateId, faults: faultsOf(deps, design), running }
}

async function create(
  deps: ExperimentDeps,
  design: ExperimentDesign,
  actor: string,
): ReturnType<Usecases['experiments']['create']> {
  const { store, clock } = deps
  const at = clock.now()
  const written = await store.experiments.change((all) => {
    const experiment = draftBeside(known(all, design.key), design, at)
    return experiment === null ? null : { experiment, change: { at, actor, action: 'create', note: '' } }
  })
  const faults = faultsOf(deps, design)
  if (written !== null) return { experiment: written, faults, status: written.revision === 1 ? 'created' : 'updated' }
  return { experiment: (await store.experiments.get(design.key))!, faults, status: 'duplicate' }
}

function known(all: readonly Experiment[], key: string): Experiment | undefined {
  return all.find(({ design }) => design.key === key)
}

/** The draft to be written; null where the same one is there. Throws EXPERIMENT_CONFLICT once another has started. */
function draftBeside(there: Experiment | undefined, design: ExperimentDesign, at: EpochMs): Experiment | null {
  if (there === undefined) return draftOf(design, at)
  if (isDeepStrictEqual(there.design, JSON.parse(JSON.stringify(design)))) return null
  if (there.status === 'draft') return { ...there, design, revision: there.revision + 1 }
  throw new PalomaError('EXPERIMENT_CONFLICT', `experiment ${design.key} is ${there.status} with another design`, {
    hint: 'a design does not change once it has started: ramp it, or create one under another key',
  })
}

/** One step in the life of an experiment that is there; decisions follow it before anybody is answered. */
async function change(
  { store, clock, snapshots }: ExperimentDeps,
  { key, actor, action, note }: Step,
  step: (experiment: Experiment, running: readonly Experiment[]) => Experiment,
): Promise<Experiment | undefined> {
  const at = clock.now()
  const written = await store.experiments.change((all) => {
    const before = known(all, key)
    if (before === undefined) return null
    const running = all.filter(({ status }) => status === 'running')
    const experiment = step(before, running)
    return experiment === before ? null : { experiment, change: { at, actor, action, note } }
  })
  await snapshots.follow(at)
  return written ?? store.experiments.get(key)
}

interface Step {
  readonly key: string
  readonly actor: string
  readonly action: ExperimentAction
  /** For the audit trail. */
  readonly note: string
}

async function exposuresOf(deps: ExperimentDeps, key: string): Promise<ExposureReport | undefined> {
  const { experiments, registry } = deps.store
  const experiment = await experiments.get(key)
  const since = await keptSince(registry)
  if ((experiment?.end?.at ?? Infinity) < since) {
    throw new PalomaError('EXPERIMENT_UNREADABLE', `the exposures of experiment ${key} were deleted for their age`, {
      hint: `the store keeps what happened since ${dayOf(since)}; exported days may still have them: ask for results from history`,
    })
  }
  const counts = await experiments.exposureCounts(key)
  const standing = experiment === undefined ? alwaysOn(deps.config, key) : undefined
  const phases = experiment === undefined ? standing && [standing.phase] : phasesOf(experiment)
  if (phases === undefined) return undefined
  return {
    key,
    users: counts.reduce((sum, { users }) => sum + users, 0),
    crossed: counts.reduce((sum, { crossed }) => sum + crossed, 0),
    counts,
    sampleRatios: sampleRatios(phases, counts),
  }
}

/** Slots of time have no planned number of users. */
function phasesOf({ design, phases }: Experiment): readonly Pick<Phase, 'ranges'>[] {
  return design.unit.kind === 'user' ? phases : []
}
