import { type Estimate, effectInterval } from '../statistics/index.ts'
import { type ClusteredMean, clusteredEffect, clusteredMean, combineMeans } from './clustered.ts'
import type { EvaluationLog } from './evaluation-log.ts'
import { unusualRewards } from './objective-evaluation.ts'
import { LEAST_UNUSUAL_REWARDS } from './overlap-gates.ts'
import type { UserClusters } from './user-clusters.ts'

/** One action for everybody, and what the target gains over it; in the unit of what decides. */
export interface FixedAction {
  readonly action: string
  readonly value: Estimate
  /** Target − this action, paired by decision. */
  readonly gain: Estimate
}

/** The target policy against doing the same for everybody. */
export interface FixedActions {
  /** The action with the highest value of those the log tells of; picked on the same decisions, which makes it look a little too good. */
  readonly best: FixedAction | null
  /** Sending nothing, where the log offers and tells of it. */
  readonly hold: FixedAction | null
  /** Actions on offer in every decision. */
  readonly offered: number
  /** Of these, how many the log does not tell of: too few decisions chose them for their spread to be known. */
  readonly untold: number
  /** `gain` over the best above, below or across 0; `unknown` where some action is untold, or none is told of. */
  readonly verdict: 'gain' | 'loss' | 'no-gain-shown' | 'unknown'
}

/** An objective's part in what decides: its weight, rewards and predictions. */
export interface DecidingPart {
  readonly weight: number
  readonly rewards: ArrayLike<number>
  readonly predictions: ArrayLike<number>
  /** It follows from the action, so that a few decisions tell all of it. */
  readonly isExact: boolean
}

export interface FixedActionsInput {
  readonly clusters: UserClusters
  readonly clip: number
  readonly level: number
  readonly parts: readonly DecidingPart[]
  /** The target's value in the same unit. */
  readonly target: ClusteredMean
}

const HOLD = 'hold'

/**
 * DR values of each action for everybody, of the actions that every decision offers, and the target against the best of them. A policy that does not beat the
 * best single action is not worth its complexity, however much it gains over the policy of the log. Null without action identities.
 */
export function compareFixedActions(log: EvaluationLog, input: FixedActionsInput): FixedActions | null {
  if (log.identities === undefined) return null
  const { names, indices } = log.identities
  const offered = names.flatMap((action, identity) => {
    const places = placesOf(log, indices, identity)
    return places === null ? [] : [{ action, places }]
  })
  const told = offered.filter(({ places }) => isTold(log, places, input.parts))
  const results = told.map(({ action, places }) => {
    const mean = clusteredMean(input.clusters, fixedScores(log, places, input))
    return { action, mean, result: fixedAction(action, mean, input) }
  })
  const best = results.reduce<(typeof results)[number] | null>(
    (top, each) => (top === null || each.mean.value > top.mean.value ? each : top),
    null,
  )
  const untold = offered.length - told.length
  return {
    best: best?.result ?? null,
    hold: results.find(({ action }) => action === HOLD)?.result ?? null,
    offered: offered.length,
    untold,
    verdict: best === null || untold > 0 ? 'unknown' : verdictOf(best.result.gain),
  }
}

/** By decision the flat place of an action; null where some decision does not offer it. */
function placesOf({ offsets, chosen }: EvaluationLog, indices: ArrayLike<number>, identity: number): Int32Array | null {
  const places = new Int32Array(chosen.length)
  for (let i = 0; i < places.length; i++) {
    let place = -1
    for (let k = offsets[i]!; k < offsets[i + 1]!; k++) if (indices[k] === identity) place = k
    if (place < 0) return null
    places[i] = place
  }
  return places
}

function isChosen({ offsets, chosen }: EvaluationLog, places: Int32Array, i: number): boolean {
  return places[i] === offsets[i]! + chosen[i]!
}

/** Whether enough decisions chose the action, with other than the usual reward, for its spread to be known. */
function isTold(log: EvaluationLog, places: Int32Array, parts: readonly DecidingPart[]): boolean {
  const weights = Float64Array.from(places, (_, i) => (isChosen(log, places, i) ? 1 / log.propensities[i]! : 0))
  const uncertain = parts.filter(({ isExact }) => !isExact)
  if (uncertain.length === 0) return true
  const rewards = Float64Array.from(places, (_, i) =>
    uncertain.reduce((sum, part) => sum + part.weight * part.rewards[i]!, 0),
  )
  return unusualRewards({ weights, rewards }) >= LEAST_UNUSUAL_REWARDS
}

function fixedScores(log: EvaluationLog, places: Int32Array, { parts, clip }: FixedActionsInput): Float64Array {
  return Float64Array.from(places, (place, i) => {
    const weight = isChosen(log, places, i) ? Math.min(1 / log.propensities[i]!, clip) : 0
    let score = 0
    for (const part of parts)
      score += part.weight * (part.predictions[place]! + weight * (part.rewards[i]! - part.predictions[place]!))
    return score
  })
}

function fixedAction(action: string, mean: ClusteredMean, { clusters, level, target }: FixedActionsInput): FixedAction {
  const interval = (of: ClusteredMean) => effectInterval(clusteredEffect(of, clusters), { level })
  return {
    action,
    value: interval(mean),
    gain: interval(
      combineMeans([
        [1, target],
        [-1, mean],
      ]),
    ),
  }
}

function verdictOf(gain: Estimate): FixedActions['verdict'] {
  // The target is that action: a gain of exactly 0 has no variance.
  if (gain.kind === 'undefined') return gain.reason === 'zero-variance' ? 'no-gain-shown' : 'unknown'
  if (gain.low > 0) return 'gain'
  return gain.high < 0 ? 'loss' : 'no-gain-shown'
}
