import {
  type Conclusion,
  type EpochMs,
  type Experiment,
  type ExperimentDesign,
  type Layer,
  type LayerPlace,
  PalomaError,
  type RunningExperiment,
} from '../domain/index.ts'
import { BUCKETS, type Share } from './assignment.ts'
import { type DesignFault, weightFaults } from './check-design.ts'
import { type Conflict, conflictOf, type Footprint } from './conflict.ts'
import { rangesOf, reweighted, weightsOfRanges } from './variant-ranges.ts'

/** A new experiment; nothing runs yet. */
export function draftOf(design: ExperimentDesign, at: EpochMs): Experiment {
  const none = { layer: null, phases: [], stateId: null, end: null }
  return { design, status: 'draft', createdAt: at, ...none, revision: 1 }
}

/** The buckets of a design: those it names of its layer, or all of a layer of its own. */
export function placeOf({ key, salt, layer }: ExperimentDesign, layers: readonly Layer[]): LayerPlace {
  const known = layers.find(({ name }) => name === layer?.name)
  if (layer === null || known === undefined) {
    return { name: `own:${key}`, salt: `${salt}/layer`, from: 0, until: BUCKETS }
  }
  return { ...layer, salt: known.salt }
}

/** What decides whether it may run beside others; its layer stays the one it was started in. */
export function footprintOf({ design, layer }: Experiment, layers: readonly Layer[]): Footprint {
  const { key, groups, isExclusive, learning, variants, budgetSplit = [] } = design
  const changes = variants.map(({ change }) => change)
  return { key, groups, isExclusive, learning, changes, budgetSplit, layer: layer ?? placeOf(design, layers) }
}

/** What a start needs to know of the world around the experiment. */
export interface StartScene {
  readonly at: EpochMs
  readonly layers: readonly Layer[]
  /** The policy state to freeze, where it shall be frozen. */
  readonly stateId: number
  /** What `designFaults` says. */
  readonly faults: readonly DesignFault[]
  readonly running: readonly Experiment[]
}

/**
 * The experiment, running. One that runs already stays as it is. Throws EXPERIMENT_STOPPED, EXPERIMENT_INVALID (with the
 * first fault) and EXPERIMENT_CONFLICT (with the name of the other).
 */
export function startExperiment(experiment: Experiment, scene: StartScene): Experiment {
  const { design, status } = experiment
  if (status === 'running') return experiment
  if (status === 'stopped') throw stoppedExperiment(design.key)
  const [first] = scene.faults
  if (first !== undefined) throw invalidDesign(design.key, first)
  const layer = placeOf(design, scene.layers)
  const others = scene.running.map((other) => footprintOf(other, scene.layers))
  const conflict = conflictOf(footprintOf(experiment, scene.layers), others)
  if (conflict !== null) throw conflicting(design.key, conflict)
  const phase = { since: scene.at, traffic: design.traffic, ranges: rangesOf(sharesOf(design, design.weights)) }
  return {
    ...experiment,
    status: 'running',
    layer,
    phases: [phase],
    stateId: design.learning === 'frozen' ? scene.stateId : null,
    revision: experiment.revision + 1,
  }
}

/** A step of the ramp; what is left out stays as it is. */
export interface Ramp {
  readonly traffic?: number
  readonly weights?: Readonly<Record<string, number>>
}

/**
 * The experiment with a new phase. The same traffic and weights as now change nothing. When traffic grows nobody
 * changes variant; when weights change only as many users do as must. Throws EXPERIMENT_NOT_RUNNING and
 * EXPERIMENT_INVALID.
 */
export function rampExperiment(experiment: Experiment, { traffic, weights }: Ramp, at: EpochMs): Experiment {
  const { design, phases, status } = experiment
  const current = phases.at(-1)
  if (status !== 'running' || current === undefined) throw notRunning(design.key, status)
  const next = { traffic: traffic ?? current.traffic, weights: weights ?? weightsOfRanges(current.ranges) }
  const names = design.variants.map(({ name }) => name)
  const [first] = rampFaults(next, names)
  if (first !== undefined) throw invalidDesign(design.key, first)
  const ranges = reweighted(current.ranges, sharesOf(design, next.weights))
  if (next.traffic === current.traffic && JSON.stringify(ranges) === JSON.stringify(current.ranges)) return experiment
  const since = Math.max(at, current.since)
  return {
    ...experiment,
    phases: [...phases, { since, traffic: next.traffic, ranges }],
    revision: experiment.revision + 1,
  }
}

function rampFaults({ traffic, weights }: Required<Ramp>, variants: readonly string[]): readonly DesignFault[] {
  const faults = weightFaults(weights, variants)
  if (Number.isInteger(traffic) && traffic >= 0 && traffic <= BUCKETS) return faults
  const detail = `expected an integer from 0 to ${BUCKETS} millionths, got ${traffic}`
  return [{ pointer: '/traffic', detail }, ...faults]
}

/**
 * The experiment, ended: its users decide as everybody else from now on. Ending it again with the same decision changes
 * nothing. Throws EXPERIMENT_STOPPED for another decision.
 */
export function stopExperiment(
  experiment: Experiment,
  { decision, reason }: { readonly decision: Conclusion; readonly reason: string },
  at: EpochMs,
): Experiment {
  const { design, status, end, revision } = experiment
  if (status === 'stopped') {
    if (end?.decision === decision) return experiment
    throw stoppedExperiment(design.key)
  }
  return { ...experiment, status: 'stopped', end: { at, decision, reason }, revision: revision + 1 }
}

/** What decisions look at of a running experiment; undefined for one that does not run. */
export function runningPart({ design, status, layer, phases, stateId }: Experiment): RunningExperiment | undefined {
  if (status !== 'running' || layer === null) return undefined
  const { key, salt, groups, targeting, unit, variants, learning, budgetSplit } = design
  const running = { key, salt, layer, groups, targeting, unit, variants, phases, learning, stateId }
  return budgetSplit === undefined ? running : { ...running, budgetSplit }
}

/** In the order of the variants, those that are not named with nothing. */
function sharesOf({ variants }: ExperimentDesign, weights: Readonly<Record<string, number>>): readonly Share[] {
  return variants.map(({ name }) => ({ name, share: weights[name] ?? 0 }))
}

/** The refusal of a design with a fault. */
export function invalidDesign(key: string, { pointer, detail }: DesignFault): PalomaError {
  return new PalomaError('EXPERIMENT_INVALID', `experiment ${key}: ${pointer}: ${detail}`, { pointer })
}

function conflicting(key: string, { key: other, reason }: Conflict): PalomaError {
  return new PalomaError('EXPERIMENT_CONFLICT', `experiment ${key} cannot run beside ${other}: ${reason}`, {
    hint: `stop ${other}, or give both different buckets of one layer`,
  })
}

/** The refusal of a step of an experiment that is stopped. */
export function stoppedExperiment(key: string): PalomaError {
  return new PalomaError('EXPERIMENT_STOPPED', `experiment ${key} is stopped, and what is stopped stays so`, {
    hint: 'create a new one under another key: its users are drawn afresh',
  })
}

function notRunning(key: string, status: string): PalomaError {
  return new PalomaError('EXPERIMENT_NOT_RUNNING', `experiment ${key} must be running, it is ${status}`)
}
