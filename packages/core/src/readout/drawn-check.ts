import { bonferroniPValue, confidenceSequence, type Effect, effectPValue } from '../statistics/index.ts'
import type { DrawnCell } from './experiment-summary.ts'

/**
 * Whether the variants of one adaptive phase were drawn as often as their logged chances say: of each, draws − Σ p with variance
 * Σ p (1 − p), a martingale whatever the chances followed; the smallest p, Bonferroni-corrected. Two-sided, of a single look (of two
 * variants the chi-square test), or with `looks` by a confidence sequence, right at any number of them. Null where chance had no part.
 */
export function drawnPValue(
  cells: readonly DrawnCell[],
  looks: { readonly alpha: number; readonly expectedN: number | null } | null,
): number | null {
  const n = cells.reduce((sum, { users }) => sum + users, 0)
  if (n === 0) return null
  const pValues = cells.map(({ users, expected, variance }) => {
    if (!(variance > 0)) return null
    const effect: Effect = {
      kind: 'effect',
      effect: (users - expected) / n,
      stdError: Math.sqrt(variance) / n,
      dof: null,
    }
    if (looks === null) return effectPValue(effect, { alternative: 'different' })
    const found = confidenceSequence(effect, { n, alpha: looks.alpha, expectedN: looks.expectedN ?? n })
    return found.kind === 'sequence' ? found.pValue : null
  })
  // Two variants say the same thing twice.
  return bonferroniPValue(cells.length === 2 ? pValues.slice(0, 1) : pValues)
}
