import { doublyRobustScores, fitEffect, fitRidge, predictEffect, predictLinear } from '../learning/index.ts'
import type { ExperimentUsers } from './experiment-users.ts'
import { placesOf, splitUsers } from './split-users.ts'

/** What a model learned from some users says of others. */
export interface EffectProxy {
  /** The effect on a user with these features. */
  readonly effect: (row: ArrayLike<number>) => number
  /** The response without treatment. */
  readonly baseline: (row: ArrayLike<number>) => number
}

const FOLDS = 3
// Features are scaled to variance 1: n rows keep n / (n + 1) of what they say.
const PENALTY = 1
const MOST_ROUNDS = 100
// A model that learned nothing could not be tested; this many small steps always rank the users somehow.
const LEAST_ROUNDS = 10
const SHRINKAGE = 0.1
const LEAST_LEAF = 10
const LEAST_LEAF_SHARE = 0.02

/**
 * A DR-learner (Kennedy 2023): doubly robust scores with the known chances, cross-fitted by ridge, then boosted stumps on their
 * differences, by features and prognosis, of the length with the least cross-validated error and at least ten rounds. `key` seeds the folds.
 */
export function fitEffectProxy(users: ExperimentUsers, key: string): EffectProxy {
  const { features, treated, responses } = users
  const foldOf = splitUsers(treated, Array<number>(FOLDS).fill(1 / FOLDS), key)
  const found = fitEffect(
    { features, effects: scoreDifferences(users, foldOf, FOLDS), rewards: responses },
    {
      rounds: MOST_ROUNDS,
      leastRounds: LEAST_ROUNDS,
      shrinkage: SHRINKAGE,
      fewestRows: Math.max(LEAST_LEAF, Math.ceil(LEAST_LEAF_SHARE * features.length)),
      foldOf,
      folds: FOLDS,
      standardErrors: 0,
      penalty: PENALTY,
    },
  )
  const controls = placesOf(treated, (variant) => variant === 0)
  const baseline = fitRidge(features, responses, { picks: controls, penalty: PENALTY })
  return { effect: (row) => predictEffect(found, row), baseline: (row) => predictLinear(baseline, row) }
}

/** Doubly robust scores of the treatment less those of the control: their mean among any users is the effect on them. */
export function scoreDifferences(users: ExperimentUsers, foldOf: ArrayLike<number>, folds: number): Float64Array {
  const { features, treated, propensity, responses } = users
  const [control, treatment] = doublyRobustScores(
    {
      features,
      actions: treated,
      propensities: Array.from(propensity, (p) => [1 - p, p]),
      rewards: responses,
    },
    { foldOf, folds, penalty: PENALTY },
  )
  return treatment!.map((score, i) => score - control![i]!)
}
