import { PalomaError } from '../domain/index.ts'
import { type FeatureRows, fitRidge, type LinearModel, predictLinear } from './ridge.ts'

/** Which fold each row lies in, and the penalty of the regression; units of one user in one fold. */
export interface PrognosisOptions {
  readonly foldOf: ArrayLike<number>
  readonly folds: number
  readonly penalty: number
}

/** Rows with the prognosis as their last feature, and the model that gives it to rows not seen. */
export interface RowsWithPrognosis {
  readonly rows: FeatureRows
  readonly prognosis: LinearModel
}

/**
 * The reward expected at x whatever is done, E[y | x] over the actions of the log, as one more feature (last): a ridge regression over
 * rows of all actions, cross-fitted for the rows it was learned from. Effects often grow with what users do anyway (Kent et al. 2018,
 * BMJ 363:k4245), and one cut of the prognosis says what takes many cuts of single features. Fitted to all actions and not to the one
 * held against, so that its errors do not hang together with those of the effect, and a user's own reward never tells of him (Abadie,
 * Chingos & West 2018). Throws FOLD_INVALID, and as `fitRidge`.
 */
export function withPrognosis(
  rows: FeatureRows,
  rewards: ArrayLike<number>,
  { foldOf, folds, penalty }: PrognosisOptions,
): RowsWithPrognosis {
  checkFolds(foldOf, rows.length, folds)
  const longer: Float64Array[] = Array(rows.length)
  for (let fold = 0; fold < folds; fold++) {
    const model = fitRidge(rows, rewards, { picks: rowsOutside(foldOf, rows.length, fold), penalty })
    for (let i = 0; i < rows.length; i++) if (foldOf[i] === fold) longer[i] = rowWithPrognosis(model, rows[i]!)
  }
  return { rows: longer, prognosis: fitRidge(rows, rewards, { picks: rowsOutside(foldOf, rows.length), penalty }) }
}

/** A row with its prognosis as the last feature. */
export function rowWithPrognosis(prognosis: LinearModel, row: ArrayLike<number>): Float64Array {
  const whole = new Float64Array(row.length + 1)
  whole.set(row)
  whole[row.length] = predictLinear(prognosis, row)
  return whole
}

/** The rows of all folds but one, or of all. */
function rowsOutside(foldOf: ArrayLike<number>, count: number, fold?: number): readonly number[] {
  const picks: number[] = []
  for (let i = 0; i < count; i++) if (foldOf[i] !== fold) picks.push(i)
  return picks
}

function checkFolds(foldOf: ArrayLike<number>, count: number, folds: number): void {
  for (let i = 0; i < count; i++) {
    const fold = foldOf[i]
    if (!(Number.isInteger(fold) && fold! >= 0 && fold! < folds))
      throw new PalomaError('FOLD_INVALID', `foldOf[${i}] must be an integer in [0, ${folds}), got ${fold}`)
  }
}
