import type { ExperimentMetric, PriorSettings } from '../domain/index.ts'
import {
  type BestVariant,
  bestVariant,
  type EffectPrior,
  effectPosterior,
  empiricalPrior,
  type KnownEffect,
  RELATIVE_PRIOR_SD,
  type UndefinedReason,
} from '../statistics/index.ts'
import type { ComparedMetric } from './compared-metric.ts'
import type { ExplorationData } from './exploration-data.ts'

/** What is believed of a metric's effects after a prior that was stated beforehand. */
export interface BayesianReadOut {
  readonly metric: string
  /** Of the relative effect. */
  readonly prior: PriorSettings
  /** `past`: learned from so many past effects; `default` with a reason: they do not tell. */
  readonly priorFrom: {
    readonly kind: 'default' | 'stated' | 'past'
    readonly effects: number
    readonly reason: UndefinedReason | null
  }
  /** By variant, the control first; null where a treatment has no standard error, and why. */
  readonly variants: readonly BelievedVariant[] | null
  readonly reason: UndefinedReason | null
}

export interface BelievedVariant {
  readonly variant: string
  /** Chance of being the best of all, less being better where the metric says so. */
  readonly chanceBest: number
  /** What choosing it loses on average against the best, in the metric's unit. */
  readonly expectedLoss: number
  /** Of the difference from the control; null of the control itself. */
  readonly effect: { readonly mean: number; readonly sd: number; readonly chanceBetter: number } | null
}

/** The Bayesian view of every metric: never a reason to stop, for looking until a chance is high finds what is not there. */
export function exploreBayesian({ spec, compared }: ExplorationData): readonly BayesianReadOut[] {
  return spec.metrics.map((metric) => {
    const own = compared.filter((each) => each.metric.name === metric.name)
    const { prior, priorFrom } = priorOf(metric, spec)
    return { metric: metric.name, prior, priorFrom, ...believed(metric, own, prior) }
  })
}

/** As the metric states it, else from past experiments (empirical Bayes), else N(0, .3²). */
function priorOf(
  { name, priorSettings }: ExperimentMetric,
  { pastEffects = {} }: ExplorationData['spec'],
): Pick<BayesianReadOut, 'prior' | 'priorFrom'> {
  const past = pastEffects[name] ?? []
  const from = (kind: BayesianReadOut['priorFrom']['kind'], reason: UndefinedReason | null = null) => ({
    ...{ kind, effects: past.length, reason },
  })
  if (priorSettings !== undefined) return { prior: priorSettings, priorFrom: from('stated') }
  const learned = past.length === 0 ? null : empiricalPrior(past)
  if (learned?.kind === 'prior') return { prior: { mean: learned.mean, stddev: learned.sd }, priorFrom: from('past') }
  return { prior: { mean: 0, stddev: RELATIVE_PRIOR_SD }, priorFrom: from('default', learned?.reason ?? null) }
}

function believed(
  metric: ExperimentMetric,
  compared: readonly ComparedMetric[],
  prior: PriorSettings,
): Pick<BayesianReadOut, 'variants' | 'reason'> {
  const without = (reason: UndefinedReason) => ({ variants: null, reason })
  const effects = compared.map(({ found }) => found.effect)
  const refused = effects.find((effect) => effect.kind === 'undefined')
  if (refused?.kind === 'undefined') return without(refused.reason)
  const base = Math.abs(compared[0]?.found.controlMean?.unadjusted ?? Number.NaN)
  if (!(base > 0 && Number.isFinite(base))) return without('zero-baseline')
  const sign = metric.inverse === true ? -1 : 1
  // Gains, so that the largest is the best.
  const own: EffectPrior = { mean: sign * prior.mean * base, sd: prior.stddev * base }
  const known = effects.filter((effect) => effect.kind === 'effect')
  const gains = known.map((effect) => ({ ...effect, effect: sign * effect.effect }))
  const { best, loss } = bestOf(compared, gains, own)
  return {
    reason: null,
    variants: [compared[0]!.pair.control, ...compared.map(({ pair }) => pair.treatment)].map((variant, i) => ({
      variant,
      chanceBest: best[i]!,
      expectedLoss: loss[i]!,
      effect: i === 0 ? null : posteriorOf(gains[i - 1]!, own, sign),
    })),
  }
}

/** The smallest part of a squared standard error that is taken to be the treatment's own. */
const LEAST_OWN = 1e-3

/** The control's share in the squared standard errors: as of the unadjusted means. */
function bestOf(compared: readonly ComparedMetric[], gains: readonly KnownEffect[], prior: EffectPrior): BestVariant {
  const shares = compared.map(({ found }) => {
    const whole = found.unadjusted.kind === 'effect' ? found.unadjusted.stdError ** 2 : 0
    const share = whole > 0 ? (found.baseline?.variance ?? 0) / whole : 0
    return Math.min(1 - LEAST_OWN, Math.max(0, share))
  })
  const controlVariance = Math.min(...gains.map(({ stdError }, i) => shares[i]! * stdError ** 2))
  return bestVariant(
    {
      effects: gains.map(({ effect }) => effect),
      ownVariances: gains.map(({ stdError }) => stdError ** 2 - controlVariance),
      controlVariance,
    },
    prior,
  )
}

function posteriorOf(gain: KnownEffect, prior: EffectPrior, sign: number): BelievedVariant['effect'] {
  const found = effectPosterior(gain, prior)
  if (found.kind === 'undefined') return null
  return { mean: sign * found.mean, sd: found.sd, chanceBetter: found.positive }
}
