import { neumaierSum } from '../numeric/index.ts'
import type { Effect } from './effect.ts'
import { effectPValue } from './effect-interval.ts'
import type { UndefinedReason } from './estimate.ts'
import { type Moments, sampleVariance } from './moments.ts'

/** One segment's units and metric in both arms. */
export interface SegmentArms {
  readonly segment: string
  readonly treatment: Moments
  readonly control: Moments
}

/** What one segment adds: by holding another share of the units, and by another mean. */
export interface SegmentPart {
  readonly segment: string
  readonly mix: Effect
  readonly rate: Effect
}

/** An effect taken apart; `total.effect` is the sum of all parts. */
export type SegmentDecomposition =
  | {
      readonly kind: 'decomposition'
      readonly parts: readonly SegmentPart[]
      readonly mix: Effect
      readonly rate: Effect
      readonly total: Effect
      /** p of mix = 0 is below .001: under randomisation shares cannot differ so, the split is broken. */
      readonly isMixAlarm: boolean
    }
  | { readonly kind: 'undefined'; readonly reason: UndefinedReason }

/** Below this probability a mix effect is a fault of the data. */
export const MIX_ALARM = 0.001

/**
 * Kitagawa's decomposition (1955) at the midpoint: with shares w and means r by segment, mix = Δw · (r₁ + r₀) / 2 and rate =
 * Δr · (w₁ + w₀) / 2, whose sum over segments is the difference of means. Standard errors by the delta method: shares multinomial within an arm,
 * means independent of them. A segment's mix depends on the metric's origin; only its sum does not. Reasons: `too-few-units` for an empty arm or a segment
 * without two units in an arm (merge it), `not-finite`.
 */
export function segmentDecomposition(segments: readonly SegmentArms[]): SegmentDecomposition {
  const arms = segments.flatMap(({ treatment, control }) => [treatment, control])
  if (segments.length === 0 || arms.some(({ n }) => n < 2)) return { kind: 'undefined', reason: 'too-few-units' }
  if (!arms.every(({ mean, m2 }) => Number.isFinite(mean) && Number.isFinite(m2))) {
    return { kind: 'undefined', reason: 'not-finite' }
  }
  const sides = [armOf(segments.map((s) => s.treatment)), armOf(segments.map((s) => s.control))] as const
  const [a, b] = sides
  const mixes = segments.map((_, s) => mixAt(sides, s))
  const rates = segments.map((_, s) => rateAt(sides, s))
  const part = (terms: readonly Term[]) => effectOf(sides, terms)
  const mix = part(mixes)
  const pValue = effectPValue(mix, { alternative: 'different' })
  return {
    kind: 'decomposition',
    parts: segments.map(({ segment }, s) => ({ segment, mix: part([mixes[s]!]), rate: part([rates[s]!]) })),
    mix,
    rate: part(rates),
    total: part([...mixes, ...rates]),
    isMixAlarm: a.n > 0 && b.n > 0 && pValue !== null && pValue < MIX_ALARM,
  }
}

interface Side {
  readonly n: number
  readonly shares: readonly number[]
  readonly means: readonly number[]
  /** Squared standard errors of the means. */
  readonly variances: readonly number[]
}

function armOf(moments: readonly Moments[]): Side {
  const n = moments.reduce((sum, own) => sum + own.n, 0)
  return {
    n,
    shares: moments.map((own) => own.n / n),
    means: moments.map((own) => own.mean),
    variances: moments.map((own) => (sampleVariance(own) ?? 0) / own.n),
  }
}

/** A part's value and its slopes in the shares and means of segment s, by arm. */
interface Term {
  readonly s: number
  readonly value: number
  readonly byShare: readonly [number, number]
  readonly byMean: readonly [number, number]
}

function mixAt([a, b]: readonly [Side, Side], s: number): Term {
  const change = a.shares[s]! - b.shares[s]!
  const level = (a.means[s]! + b.means[s]!) / 2
  return { s, value: change * level, byShare: [level, -level], byMean: [change / 2, change / 2] }
}

function rateAt([a, b]: readonly [Side, Side], s: number): Term {
  const change = a.means[s]! - b.means[s]!
  const level = (a.shares[s]! + b.shares[s]!) / 2
  return { s, value: change * level, byShare: [change / 2, change / 2], byMean: [level, -level] }
}

/** The sum of some parts with its standard error: slopes add, then w'Cw with the multinomial C and the means' variances. */
function effectOf(sides: readonly [Side, Side], terms: readonly Term[]): Effect {
  const effect = neumaierSum(terms.map((term) => term.value))
  let variance = 0
  sides.forEach(({ n, shares, variances }, arm) => {
    const byShare = shares.map(() => 0)
    const byMean = shares.map(() => 0)
    for (const term of terms) {
      byShare[term.s] = byShare[term.s]! + term.byShare[arm]!
      byMean[term.s] = byMean[term.s]! + term.byMean[arm]!
    }
    const centre = shares.reduce((sum, share, s) => sum + share * byShare[s]!, 0)
    shares.forEach((share, s) => {
      variance += (share * (byShare[s]! - centre) ** 2) / n + byMean[s]! ** 2 * variances[s]!
    })
  })
  if (!(variance > 0)) return { kind: 'undefined', reason: 'zero-variance', effect }
  return { kind: 'effect', effect, stdError: Math.sqrt(variance), dof: null }
}
