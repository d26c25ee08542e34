import {
  type BanditWeights,
  banditWeights,
  LEAST_FLOOR,
  type UndefinedReason,
  type VariantMean,
} from '../statistics/index.ts'
import { momentsOfVariant, usersIn } from './compare-metric.ts'
import type { ComparedMetric } from './compared-metric.ts'
import type { ExplorationData } from './exploration-data.ts'
import { adaptivePhases } from './read-out-spec.ts'

/** Shares that a bandit would give the next users, by one success metric. */
export interface SharesReadOut {
  readonly metric: string
  /** No variant's share falls below it. */
  readonly floor: number
  /** The control first; null: the shares stay as they are, and why. */
  readonly shares: readonly { readonly variant: string; readonly share: number }[] | null
  readonly reason: UndefinedReason | null
}

/** Asked only where a phase's allocation followed the data: P(best) with a floor (`banditWeights`), from means so weighted. */
export function exploreShares({ spec, compared }: ExplorationData): readonly SharesReadOut[] {
  if (adaptivePhases(spec).size === 0) return []
  const success = spec.metrics.filter(({ role }) => role === 'success')
  return success.map(({ name }) => {
    const own = compared.filter(({ metric }) => metric.name === name)
    const variants = [spec.control, ...own.map(({ pair }) => pair.treatment)]
    const means = meansOf(own)
    const found: BanditWeights = means === null ? { kind: 'kept', reason: 'too-few-units' } : banditWeights(means)
    const common = { metric: name, floor: LEAST_FLOOR }
    if (found.kind === 'kept') return { ...common, shares: null, reason: found.reason }
    return { ...common, shares: variants.map((variant, i) => ({ variant, share: found.weights[i]! })), reason: null }
  })
}

/** Gains over the control, with the standard errors of each variant's own mean; null where one has none. */
function meansOf(own: readonly ComparedMetric[]): readonly VariantMean[] | null {
  const base = own[0]?.found.baseline ?? null
  if (base === null) return null
  const found: VariantMean[] = [meanOf(own[0]!, own[0]!.pair.control, { effect: 0, variance: base.variance })]
  for (const each of own) {
    const { effect, baseline } = each.found
    if (effect.kind === 'undefined' || baseline === null) return null
    const variance = effect.stdError ** 2 - baseline.variance
    found.push(meanOf(each, each.pair.treatment, { effect: effect.effect, variance }))
  }
  return found
}

function meanOf(
  { metric, summary: own }: ComparedMetric,
  variant: string,
  { effect, variance }: { readonly effect: number; readonly variance: number },
): VariantMean {
  const users = usersIn(own.columns, momentsOfVariant(own, variant))
  // Gains over the control, so that more is better.
  return { mean: metric.inverse === true ? -effect : effect, stdError: Math.sqrt(Math.max(0, variance)), units: users }
}
