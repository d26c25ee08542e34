import { wordsForCode } from '../domain/index.ts'
import type { AdjustedEffect } from '../statistics/index.ts'
import type { AdjustmentReadOut } from './experiment-read-out.ts'

/** What an effect was adjusted for, under the names of the columns. */
export function adjustmentReadOut(
  { adjustment: kind, covariates, dropped, varianceReduction }: AdjustedEffect,
  names: readonly string[],
): AdjustmentReadOut {
  const nameOf = (column: number): string => names[column] ?? String(column)
  const used = covariates.map(nameOf)
  const left = dropped.map(({ column, reason }) => ({
    ...{ covariate: nameOf(column), reason, words: wordsForCode(reason) },
  }))
  const saved = kind === 'none' ? 'not adjusted' : savedText(used, { kind, varianceReduction })
  const others = left.map(({ covariate, words }) => `${covariate} (${words})`)
  const words = others.length === 0 ? saved : `${saved}; left out: ${others.join(', ')}`
  return { kind, covariates: used, varianceReduction, dropped: left, words }
}

function savedText(
  covariates: readonly string[],
  { kind, varianceReduction }: Pick<AdjustmentReadOut, 'kind' | 'varianceReduction'>,
): string {
  const percent = Math.abs(100 * varianceReduction).toFixed(1)
  const slopes = kind === 'pooled' ? ', one slope for both variants' : ''
  const names = covariates.join(', ')
  return `variance ${percent} % ${varianceReduction < 0 ? 'higher' : 'lower'}, adjusted for ${names}${slopes}`
}
