import { PalomaError } from '../domain/index.ts'
import { type FeatureRows, fitRidge, type LinearModel, predictLinear } from './ridge.ts'

/** A log of choices whose probabilities are known, as columns. */
export interface LoggedChoices {
  readonly features: FeatureRows
  /** Index of the action chosen, in [0, actions). */
  readonly actions: ArrayLike<number>
  /** Probabilities of all actions at the moment of choice, per row; each in (0, 1]. */
  readonly propensities: FeatureRows
  readonly rewards: ArrayLike<number>
}

/** How nuisance regressions are kept from seeing the row they speak of. */
export interface CrossFit {
  /** Fold of each row, in [0, folds); units of one user in one fold. */
  readonly foldOf: ArrayLike<number>
  readonly folds: number
  /** Penalty of the outcome regressions. */
  readonly penalty: number
}

/**
 * Doubly robust scores (Robins, Rotnitzky & Zhao 1994), one column per action: Γ_a = m_a(x) + 1[A = a] (y − m_a(x)) / p_a,
 * with outcome regressions m_a by ridge, cross-fitted (Chernozhukov et al. 2018). The mean of Γ_a is the value of "a for
 * everybody", unbiased for any m because p is known; differences of columns are what an effect learner regresses. Heavy where
 * propensities are small. Throws LOG_INVALID naming row and field, ROWS_EMPTY when an action is never seen outside a fold.
 */
export function doublyRobustScores(log: LoggedChoices, crossFit: CrossFit): readonly Float64Array[] {
  const count = log.propensities[0]?.length ?? 0
  checkLog(log, count)
  const scores = Array.from({ length: count }, () => new Float64Array(log.actions.length))
  for (let fold = 0; fold < crossFit.folds; fold++) {
    scores.forEach((column, action) => {
      const model = fitOutcome(log, crossFit, { fold, action })
      fillScores(column, model, { log, foldOf: crossFit.foldOf, fold, action })
    })
  }
  return scores
}

function fitOutcome(
  { features, actions, rewards }: LoggedChoices,
  { foldOf, penalty }: CrossFit,
  { fold, action }: { readonly fold: number; readonly action: number },
): LinearModel {
  const picks: number[] = []
  for (let i = 0; i < actions.length; i++) if (actions[i] === action && foldOf[i] !== fold) picks.push(i)
  return fitRidge(features, rewards, { picks, penalty })
}

function fillScores(
  column: Float64Array,
  model: LinearModel,
  at: {
    readonly log: LoggedChoices
    readonly foldOf: ArrayLike<number>
    readonly fold: number
    readonly action: number
  },
): void {
  const { log, foldOf, fold, action } = at
  for (let i = 0; i < column.length; i++) {
    if (foldOf[i] !== fold) continue
    const expected = predictLinear(model, log.features[i]!)
    const isChosen = log.actions[i] === action
    column[i] = expected + (isChosen ? (log.rewards[i]! - expected) / log.propensities[i]![action]! : 0)
  }
}

function checkLog({ features, actions, propensities, rewards }: LoggedChoices, count: number): void {
  for (const [name, { length }] of Object.entries({ features, propensities, rewards })) {
    if (length !== actions.length) throw invalid(`${name}.length`, `${actions.length}`, length)
  }
  for (let i = 0; i < actions.length; i++) {
    const action = actions[i]!
    if (!(Number.isInteger(action) && action >= 0 && action < count))
      throw invalid(`actions[${i}]`, `an integer in [0, ${count})`, action)
    if (!Number.isFinite(rewards[i])) throw invalid(`rewards[${i}]`, 'a finite number', rewards[i])
    const propensity = propensities[i]![action]
    if (!(propensity !== undefined && propensity > 0 && propensity <= 1))
      throw invalid(`propensities[${i}][${action}]`, 'in (0, 1]', propensity)
  }
}

function invalid(field: string, expected: string, value: number | undefined): PalomaError {
  return new PalomaError('LOG_INVALID', `${field} must be ${expected}, got ${value}`)
}
