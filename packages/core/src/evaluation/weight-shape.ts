/** How many propensities lie in [low, high). */
export interface PropensityBin {
  readonly low: number
  readonly high: number
  readonly decisions: number
}

/** Decisions with at least this weight, and what they carry of all weight; both as shares. */
export interface TailPoint {
  readonly weight: number
  readonly decisions: number
  readonly carried: number
}

/** What a look at the weights shows that one number does not. */
export interface WeightShape {
  /** Of chosen actions, a quarter of a power of ten wide, empty ones between included; the last one ends at 1 and holds it. */
  readonly propensities: readonly PropensityBin[]
  /** At powers of √2 from the least weight above 0; empty where all are 0. */
  readonly tail: readonly TailPoint[]
}

const BINS_PER_DECADE = 4

/** The histogram of propensities and the tail of the weights. */
export function weightShape(propensities: ArrayLike<number>, weights: Float64Array): WeightShape {
  return { propensities: propensityBins(propensities), tail: weightTail(weights) }
}

function propensityBins(propensities: ArrayLike<number>): readonly PropensityBin[] {
  const counts = new Map<number, number>()
  let most = 0
  for (let i = 0; i < propensities.length; i++) {
    // Bin k reaches from 10^(−(k + 1) / 4) to 10^(−k / 4).
    const bin = Math.max(0, Math.ceil(-BINS_PER_DECADE * Math.log10(propensities[i]!)) - 1)
    counts.set(bin, (counts.get(bin) ?? 0) + 1)
    most = Math.max(most, bin)
  }
  return Array.from({ length: most + 1 }, (_, rank) => {
    const bin = most - rank
    const [low, high] = [10 ** (-(bin + 1) / BINS_PER_DECADE), 10 ** (-bin / BINS_PER_DECADE)]
    return { low, high, decisions: counts.get(bin) ?? 0 }
  })
}

function weightTail(weights: Float64Array): readonly TailPoint[] {
  const sorted = weights.filter((weight) => weight > 0).sort()
  const whole = sorted.reduce((sum, weight) => sum + weight, 0)
  if (sorted.length === 0) return []
  const points: TailPoint[] = []
  let at = 0
  let below = 0
  const steps = Math.ceil(2 * Math.log2(sorted[sorted.length - 1]! / sorted[0]!)) + 1
  for (let k = 0; k < steps; k++) {
    const weight = sorted[0]! * 2 ** (k / 2)
    while (at < sorted.length && sorted[at]! < weight) below += sorted[at++]!
    if (at === sorted.length) break
    points.push({ weight, decisions: (sorted.length - at) / weights.length, carried: 1 - below / whole })
  }
  return points
}
