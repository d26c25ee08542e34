import { effectInterval } from '../statistics/index.ts'
import { clusteredEffect, clusteredMean } from './clustered.ts'
import { doublyRobust } from './doubly-robust.ts'
import { influenceOf, type ObjectiveTerms } from './estimator.ts'
import { type SlopeCandidate, slopeChoice } from './slope.ts'
import type { UserClusters } from './user-clusters.ts'
import type { WeightRule } from './weight-rules.ts'

const CANDIDATES = 16
// Widths of one-sided 90 % bounds, as Open Bandit Pipeline has them.
const WIDTH_LEVEL = 0.8

/** The parameter that SLOPE takes for a kind of rule, among sixteen from one that cuts hard to one that changes next to nothing. */
export function tuneRule(terms: ObjectiveTerms, kind: WeightRule['kind'], clusters: UserClusters): WeightRule | null {
  const rules = possibleRules(terms.weights, kind)
  const known = rules.flatMap((rule) => {
    const candidate = candidateOf(terms, rule, clusters)
    return candidate === null ? [] : [{ rule, candidate }]
  })
  const choice = slopeChoice(known.map(({ candidate }) => candidate))
  return choice === null ? null : known[choice]!.rule
}

function possibleRules(weights: Float64Array, kind: WeightRule['kind']): readonly WeightRule[] {
  const most = weights.reduce((top, weight) => Math.max(top, weight), 1)
  switch (kind) {
    case 'clip':
    case 'switch':
      return geometric(1, Math.max(most, 2)).map((at) => ({ kind, at }))
    case 'shrink':
      return geometric(0.1, 1000 * most ** 2).map((lambda) => ({ kind, lambda }))
    case 'subGaussian':
      return geometric(1e-4, 1).map((lambda) => ({ kind, lambda }))
  }
}

function geometric(low: number, high: number): readonly number[] {
  const ratio = (high / low) ** (1 / (CANDIDATES - 1))
  return Array.from({ length: CANDIDATES }, (_, k) => (k === CANDIDATES - 1 ? high : low * ratio ** k))
}

function candidateOf(terms: ObjectiveTerms, rule: WeightRule, clusters: UserClusters): SlopeCandidate | null {
  const scores = influenceOf(doublyRobust(terms, rule), terms.weights.length)
  const effect = clusteredEffect(clusteredMean(clusters, scores), clusters)
  if (effect.kind === 'undefined') return effect.effect === null ? null : { value: effect.effect, width: 0 }
  const interval = effectInterval(effect, { level: WIDTH_LEVEL })
  return interval.kind === 'undefined' ? null : { value: interval.mean, width: interval.high - interval.mean }
}
