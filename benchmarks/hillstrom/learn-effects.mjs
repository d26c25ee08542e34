import { doublyRobustScores, fitEffect, hash53 } from '@paloma/core'

const FOLDS = 5
/** One choice for every data set: nothing here was fitted to what is judged. */
export const LEARNER = { rounds: 100, shrinkage: 0.1, fewestRows: 200, folds: FOLDS, standardErrors: 1, penalty: 10 }

/** Fold of each of `count` rows, by a hash of key and row. */
export function foldsOf(count, key) {
  return Uint8Array.from({ length: count }, (_, i) => Math.floor(hash53('fold', key, String(i)) * FOLDS))
}

/** Scores of all rows for every action, when the actions had these probabilities. */
export function scoresOf({ features, actions, rewards }, propensities, key) {
  const log = { features, actions, rewards, propensities: features.map(() => propensities) }
  return doublyRobustScores(log, { foldOf: foldsOf(actions.length, key), folds: FOLDS, penalty: LEARNER.penalty })
}

/** Models of the effect of every action against action 0. */
export function learnEffects(data, propensities, key) {
  const scores = scoresOf(data, propensities, `${key} nuisance`)
  const foldOf = foldsOf(data.actions.length, `${key} length`)
  return scores.slice(1).map((column) => {
    const effects = column.map((value, i) => value - scores[0][i])
    return fitEffect({ features: data.features, effects, rewards: data.rewards }, { ...LEARNER, foldOf })
  })
}

/** The rows of `data` that `keeps` says, with `actionOf` naming their action anew. */
export function rowsWhere({ features, actions, rewards }, keeps, actionOf = (action) => action) {
  const picks = Array.from({ length: actions.length }, (_, i) => i).filter(keeps)
  return {
    features: picks.map((i) => features[i]),
    actions: Int32Array.from(picks, (i) => actionOf(actions[i])),
    rewards: Float64Array.from(picks, (i) => rewards[i]),
  }
}
