import { PalomaError } from '../domain/index.ts'
import { type AdditiveModel, type BoostOptions, fitStumps, predictStumps } from './additive-stumps.ts'
import { rowWithPrognosis, withPrognosis } from './prognosis.ts'
import type { FeatureRows, LinearModel } from './ridge.ts'

/** What an effect is learned from, row by row. */
export interface EffectRows {
  readonly features: FeatureRows
  /** Differences of doubly robust scores: the effect at the row's features is their mean. */
  readonly effects: ArrayLike<number>
  /** What was observed, whatever was done. */
  readonly rewards: ArrayLike<number>
}

/** How an effect model is chosen: folds for its length, by how many standard errors simpler is preferred, and least rounds. */
export interface EffectOptions extends BoostOptions {
  readonly foldOf: ArrayLike<number>
  readonly folds: number
  readonly standardErrors: number
  /** Penalty of the regression behind the prognosis. */
  readonly penalty: number
  /** A model that must rank users takes this many rounds although fewer would do; 0 without. */
  readonly leastRounds?: number
}

/** The model and how many rounds it keeps; 0 rounds say that no difference between users was found. */
export interface EffectModel {
  readonly model: AdditiveModel
  readonly prognosis: LinearModel
  readonly rounds: number
}

/**
 * The last step of a DR-learner (Kennedy 2023): regresses differences of doubly robust scores on features and prognosis with boosted
 * stumps. The number of rounds is the smallest whose cross-validated squared error is at most `standardErrors` standard
 * errors (of the paired difference, over rows) above the best one (Breiman et al. 1984, the one-standard-error rule),
 * because effects are small against their noise and a ranking suffers from every chance cut. Predictions are shrunk and not calibrated at
 * the extremes; no interactions but those of the prognosis. Throws EFFECT_ROWS_INVALID, and as `withPrognosis`.
 */
export function fitEffect({ features, effects, rewards }: EffectRows, options: EffectOptions): EffectModel {
  for (const [name, { length }] of Object.entries({ effects, rewards })) {
    if (length !== features.length)
      throw new PalomaError('EFFECT_ROWS_INVALID', `${name}.length must be ${features.length}, got ${length}`)
  }
  const { rows, prognosis } = withPrognosis(features, rewards, options)
  const losses = heldOutLosses(rows, effects, options)
  const rounds = Math.max(simplestRound(losses, options.standardErrors), options.leastRounds ?? 0)
  const picks = Array.from({ length: effects.length }, (_, i) => i)
  return { model: fitStumps(rows, effects, { ...options, rounds, picks }), prognosis, rounds }
}

/** The expected effect at one row. */
export function predictEffect({ model, prognosis }: EffectModel, row: ArrayLike<number>): number {
  return predictStumps(model, rowWithPrognosis(prognosis, row))
}

/** Squared errors of held-out rows, one column per number of rounds from 0 on. */
function heldOutLosses(rows: FeatureRows, effects: ArrayLike<number>, options: EffectOptions): readonly Float64Array[] {
  const losses = Array.from({ length: options.rounds + 1 }, () => new Float64Array(effects.length))
  for (let fold = 0; fold < options.folds; fold++) {
    const picks: number[] = []
    for (let i = 0; i < effects.length; i++) if (options.foldOf[i] !== fold) picks.push(i)
    const model = fitStumps(rows, effects, { ...options, picks })
    for (let i = 0; i < effects.length; i++) {
      if (options.foldOf[i] === fold) fillLosses(losses, model, { index: i, row: rows[i]!, effect: effects[i]! })
    }
  }
  return losses
}

function fillLosses(
  losses: readonly Float64Array[],
  { mean, stumps }: AdditiveModel,
  { index, row, effect }: { readonly index: number; readonly row: ArrayLike<number>; readonly effect: number },
): void {
  let predicted = mean
  for (let round = 0; round < losses.length; round++) {
    const stump = stumps[round - 1]
    if (stump !== undefined) predicted += row[stump.feature]! <= stump.cut ? stump.below : stump.above
    losses[round]![index] = (effect - predicted) ** 2
  }
}

function simplestRound(losses: readonly Float64Array[], standardErrors: number): number {
  const totals = losses.map((column) => column.reduce((sum, loss) => sum + loss, 0))
  const best = totals.indexOf(Math.min(...totals))
  const chosen = losses.findIndex((column) => {
    const { mean, standardError } = pairedDifference(column, losses[best]!)
    return mean <= standardErrors * standardError
  })
  return chosen < 0 ? best : chosen
}

function pairedDifference(a: Float64Array, b: Float64Array): { readonly mean: number; readonly standardError: number } {
  let mean = 0
  for (let i = 0; i < a.length; i++) mean += (a[i]! - b[i]!) / a.length
  let squares = 0
  for (let i = 0; i < a.length; i++) squares += (a[i]! - b[i]! - mean) ** 2
  return { mean, standardError: Math.sqrt(squares / (a.length - 1) / a.length) }
}
