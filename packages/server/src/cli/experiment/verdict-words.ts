import type { MetricReadOut } from '@paloma/core'

/** A metric's verdict for people; of a guardrail that is neither better nor worse, whether its margin is kept. */
export function verdictWords({ verdict, isNonInferior }: MetricReadOut): string {
  if (verdict !== 'inconclusive' || isNonInferior === null) return verdict
  return isNonInferior ? 'within margin' : 'margin open'
}
