import type { Scenario } from './scenario.ts'

const BINS = 96
const QUANTILES = 512

/** The day's rhythm of attention, shared by all users up to a personal shift of the clock. */
export interface Circadian {
  /** Log of the density relative to a flat day, at a local hour of any real value. */
  logDensity(hour: number): number
  /** Local hour in [0, 24) whose share of the day's attention before it is `u`. */
  hourAt(u: number): number
}

/** Brings an hour of any real value into [0, 24). */
export function wrapHour(hour: number): number {
  const wrapped = hour % 24
  return wrapped < 0 ? wrapped + 24 : wrapped
}

function binDensities(peaks: Scenario['circadian']['peaks']): Float64Array {
  const density = new Float64Array(BINS)
  for (let bin = 0; bin < BINS; bin += 1) {
    const hour = ((bin + 0.5) * 24) / BINS
    for (const { hour: peak, weight, kappa } of peaks) {
      density[bin]! += weight * Math.exp(kappa * (Math.cos(((hour - peak) * Math.PI) / 12) - 1)) * Math.sqrt(kappa)
    }
  }
  const mean = density.reduce((sum, value) => sum + value, 0) / BINS
  return density.map((value) => value / mean)
}

function quantileHours(density: Float64Array): Float64Array {
  const hours = new Float64Array(QUANTILES + 1)
  let bin = 0
  let before = 0
  for (let q = 0; q <= QUANTILES; q += 1) {
    const target = (q / QUANTILES) * BINS
    while (bin < BINS - 1 && before + density[bin]! < target) {
      before += density[bin]!
      bin += 1
    }
    hours[q] = ((bin + Math.min(1, (target - before) / density[bin]!)) * 24) / BINS
  }
  return hours
}

/**
 * Mixture of von Mises densities f(h) ∝ Σ w √κ exp(κ (cos(2π(h − peak)/24) − 1)), tabulated in quarter hours. √κ stands for
 * 1/I₀(κ)e^κ ≈ √(2πκ), which holds within 10 % for κ ≥ 1.5; with flatter peaks the weights are only approximate.
 */
export function createCircadian(peaks: Scenario['circadian']['peaks']): Circadian {
  const density = binDensities(peaks)
  const logs = density.map((value) => Math.log(value))
  const hours = quantileHours(density)
  return {
    logDensity: (hour) => logs[Math.min(BINS - 1, Math.floor((wrapHour(hour) * BINS) / 24))]!,
    hourAt: (u) => {
      const position = u * QUANTILES
      const low = Math.min(QUANTILES - 1, Math.floor(position))
      return hours[low]! + (position - low) * (hours[low + 1]! - hours[low]!)
    },
  }
}
