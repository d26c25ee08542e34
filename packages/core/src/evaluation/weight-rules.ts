import { assertNever, PalomaError } from '../domain/index.ts'

/**
 * Ways to trade the variance that large weights bring for bias:
 * `clip`, ŵ = min(w, at) (Ionides 2008): the default here, at √n / 2;
 * `switch`, ŵ = w where w ≤ at, else 0: the model alone speaks there (Wang, Agarwal & Dudík 2017, eq. 6);
 * `shrink`, ŵ = λ w / (w² + λ), optimistic shrinkage (Su, Dimakopoulou, Krishnamurthy & Dudík 2020, eq. 7): λ = 0 is DM, ∞ is DR;
 * `subGaussian`, ŵ = w / (1 − λ + λ w) (Metelli, Russo & Restelli 2021, eq. 6 with s = −1): λ = 0 is DR, 1 is all weights alike;
 * rewards' means then concentrate as those of Gaussian numbers do.
 * All are biased wherever they change a weight and the model is not exact; none makes up for missing support.
 */
export type WeightRule =
  | { readonly kind: 'clip'; readonly at: number }
  | { readonly kind: 'switch'; readonly at: number }
  | { readonly kind: 'shrink'; readonly lambda: number }
  | { readonly kind: 'subGaussian'; readonly lambda: number }

/** Weights after a rule. Throws WEIGHT_RULE_INVALID for a parameter out of range. */
export function cutWeights(weights: Float64Array, rule: WeightRule): Float64Array {
  checkRule(rule)
  switch (rule.kind) {
    case 'clip':
      return weights.map((w) => Math.min(w, rule.at))
    case 'switch':
      return weights.map((w) => (w <= rule.at ? w : 0))
    case 'shrink':
      // In this order λ = 0 gives 0 for a weight of 0 too.
      return weights.map((w) => (w === 0 ? 0 : (rule.lambda * w) / (w * w + rule.lambda)))
    case 'subGaussian':
      return weights.map((w) => (w === 0 ? 0 : w / (1 - rule.lambda + rule.lambda * w)))
    default:
      return assertNever(rule)
  }
}

/** The number that a rule turns on. */
export function ruleParameter(rule: WeightRule): number {
  return 'at' in rule ? rule.at : rule.lambda
}

function checkRule(rule: WeightRule): void {
  const value = ruleParameter(rule)
  const most = rule.kind === 'subGaussian' ? 1 : Number.MAX_VALUE
  if (value >= 0 && value <= most) return
  const range = rule.kind === 'subGaussian' ? 'in [0, 1]' : 'a finite number ≥ 0'
  throw new PalomaError('WEIGHT_RULE_INVALID', `parameter of ${rule.kind} must be ${range}, got ${value}`)
}
