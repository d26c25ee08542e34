import { gaussLegendre, normalCdf, normalPdf } from '../numeric/index.ts'
import type { EffectPrior } from './bayesian-view.ts'

/** Effects of several treatments on one metric against the same control. */
export interface SharedControlEffects {
  readonly effects: readonly number[]
  /** Squared standard error of each treatment's own mean, > 0. */
  readonly ownVariances: readonly number[]
  /** Squared standard error of the control mean, which all effects share. */
  readonly controlVariance: number
}

/** Chances and losses by variant: place 0 is the control, then the treatments. */
export interface BestVariant {
  /** P(best), sum 1. */
  readonly best: readonly number[]
  /** Expected loss of choosing the variant: E[max effect − its effect], in the metric's unit. */
  readonly loss: readonly number[]
}

/**
 * P(best) and expected loss over the control and C treatments with independent priors. The effects share the control's error, so
 * given that error e they are independent normals: δ_k | e with variance of their own, e integrated outside. Both
 * integrals by Gauss–Legendre on panels cut at every variant's ±2 and ±6 standard deviations; error < 1e-6. Throws a RangeError for
 * lists of different length or a variance that is not > 0.
 */
export function bestVariant(effects: SharedControlEffects, prior: EffectPrior): BestVariant {
  checkEffects(effects)
  if (!(prior.sd > 0 && Number.isFinite(prior.mean))) {
    throw new RangeError(`prior must have a finite mean and sd > 0, got N(${prior.mean}, ${prior.sd}²)`)
  }
  const { own, factor } = posteriorOf(effects, prior)
  const sums = { best: new Float64Array(own.length + 1), largest: 0 }
  const { nodes, weights } = factor === null ? SURE : panelsOf(factorCuts(own))
  nodes.forEach((node, i) => {
    const weight = factor === null ? 1 : weights[i]! * normalPdf(node)
    const shifted = own.map(({ mean, sd, load }) => ({ mean: mean + load * node, sd }))
    addContest(shifted, weight, sums)
  })
  const total = sums.best.reduce((sum, chance) => sum + chance, 0)
  const loss = [0, ...own.map(({ mean }) => mean)].map((mean) => Math.max(0, sums.largest / total - mean))
  return { best: Array.from(sums.best, (chance) => chance / total), loss }
}

interface Factored {
  readonly mean: number
  /** Standard deviation given the factor. */
  readonly sd: number
  /** How much one standard deviation of the factor moves it. */
  readonly load: number
}

/**
 * The posterior of δ with covariance D + v 11' of the data and τ² I of the prior: its precision is diagonal minus rank one, so it is
 * diagonal plus rank one itself (Sherman–Morrison): means, variances given one common factor, and loads on it.
 */
function posteriorOf(
  { effects, ownVariances, controlVariance }: SharedControlEffects,
  prior: EffectPrior,
): { readonly own: readonly Factored[]; readonly factor: number | null } {
  const a = ownVariances.map((variance) => 1 / variance)
  const spread = controlVariance / (1 + controlVariance * sum(a))
  // Σ⁻¹ x = A x − spread · a (a'x), A = diag(a).
  const centred = effects.map((effect) => effect - prior.mean)
  const pulled = sum(centred.map((x, k) => a[k]! * x)) * spread
  const right = centred.map((x, k) => a[k]! * (x - pulled))
  const b = a.map((value) => 1 / (value + 1 / prior.sd ** 2))
  const load = a.map((value, k) => b[k]! * value)
  const rest = 1 - spread * sum(a.map((value, k) => value * load[k]!))
  const common = spread / rest
  const along = common * sum(right.map((x, k) => load[k]! * x))
  const own = a.map((_, k) => ({
    mean: prior.mean + b[k]! * right[k]! + load[k]! * along,
    sd: Math.sqrt(b[k]!),
    load: load[k]! * Math.sqrt(common),
  }))
  return { own, factor: common > 0 ? common : null }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

const RULE = gaussLegendre(12)
const SURE: Rule = { nodes: [0], weights: [1] }
// Φ(−6) = 1e-9 beyond; panels of 12 nodes on three standard deviations leave less than 1e-8 of what bends no faster.
const FACTOR_CUTS = [-6, -3, 0, 3, 6]

/** Panels of the factor: even ones, and cuts around where a variant passes the control or another, if it does so steeply. */
function factorCuts(own: readonly Factored[]): readonly number[] {
  const rivals = [...own, { mean: 0, sd: 0, load: 0 }]
  const steep = rivals.flatMap((one, k) =>
    rivals.slice(k + 1).flatMap((other) => {
      const load = one.load - other.load
      const width = Math.hypot(one.sd, other.sd) / Math.abs(load)
      const place = (other.mean - one.mean) / load
      return width < 1 ? [-6, -2, 2, 6].map((z) => place + z * width) : []
    }),
  )
  const inside = steep.filter((cut) => Math.abs(cut) < 6)
  return [...FACTOR_CUTS, ...inside].sort((x, y) => x - y)
}

interface Rule {
  readonly nodes: readonly number[]
  readonly weights: readonly number[]
}

function panelsOf(cuts: readonly number[]): Rule {
  const [nodes, weights]: [number[], number[]] = [[], []]
  for (let i = 1; i < cuts.length; i++) {
    const width = cuts[i]! - cuts[i - 1]!
    RULE.nodes.forEach((node, j) => {
      nodes.push(cuts[i - 1]! + width * node)
      weights.push(width * RULE.weights[j]!)
    })
  }
  return { nodes, weights }
}

// Beyond so many standard deviations nobody is the best: 1e-9.
const REACH = 6

/** Adds P(best) of the control, sure at 0, and of independent normals, and E[max]. */
function addContest(
  variants: readonly { readonly mean: number; readonly sd: number }[],
  weight: number,
  sums: { readonly best: Float64Array; largest: number },
): void {
  sums.best[0] = sums.best[0]! + weight * variants.reduce((p, { mean, sd }) => p * normalCdf(-mean / sd), 1)
  const upper = Math.max(...variants.map(({ mean, sd }) => mean + REACH * sd))
  if (upper <= 0) return
  const bends = variants.flatMap(({ mean, sd }) => [-REACH, -2, 2, REACH].map((z) => mean + z * sd))
  const cuts = [0, ...bends.filter((x) => x > 0 && x < upper).sort((x, y) => x - y), upper]
  const { nodes, weights } = panelsOf(cuts)
  nodes.forEach((x, i) => {
    const below = variants.map(({ mean, sd }) => normalCdf((x - mean) / sd))
    variants.forEach(({ mean, sd }, k) => {
      const others = below.reduce((p, own, j) => (j === k ? p : p * own), 1)
      const mass = (weight * weights[i]! * normalPdf((x - mean) / sd) * others) / sd
      sums.best[k + 1] = sums.best[k + 1]! + mass
      sums.largest += mass * x
    })
  })
}

function checkEffects({ effects, ownVariances, controlVariance }: SharedControlEffects): void {
  if (effects.length !== ownVariances.length || effects.length === 0) {
    throw new RangeError(
      `ownVariances must have one entry per effect, got ${ownVariances.length} for ${effects.length}`,
    )
  }
  const wrong = ownVariances.find((variance) => !(variance > 0 && Number.isFinite(variance)))
  if (wrong !== undefined) throw new RangeError(`ownVariances must be finite and > 0, got ${wrong}`)
  if (!(controlVariance >= 0 && Number.isFinite(controlVariance))) {
    throw new RangeError(`controlVariance must be finite and ≥ 0, got ${controlVariance}`)
  }
  if (!effects.every(Number.isFinite)) throw new RangeError('effects must be finite')
}
