import type { Scenario } from '../scenario.ts'
import { logClock } from './local-hours.ts'
import type { WorldLog } from './world-log.ts'

const ROUNDS = 60
const MIN_KAPPA = 1.5
const MAX_KAPPA = 40
const FEW_VISITS = 300

/** I₁(κ)/I₀(κ) inverted (Best & Fisher 1981, eq. 3). */
function kappaOf(length: number): number {
  if (length < 0.53) return 2 * length + length ** 3 + (5 * length ** 5) / 6
  if (length < 0.85) return -0.4 + 1.39 * length + 0.43 / (1 - length)
  return 1 / (length ** 3 - 4 * length ** 2 + 3 * length)
}

type Peak = Scenario['circadian']['peaks'][number]

function density(peak: Peak, hour: number): number {
  const angle = ((hour - peak.hour) * Math.PI) / 12
  return peak.weight * Math.exp(peak.kappa * (Math.cos(angle) - 1)) * Math.sqrt(peak.kappa)
}

/** One step of expectation and maximisation for a mixture of von Mises densities over binned hours. */
function improve(peaks: readonly Peak[], counts: Float64Array, perBin: number): readonly Peak[] {
  const sums = peaks.map(() => ({ weight: 0, cos: 0, sin: 0 }))
  for (const [bin, count] of counts.entries()) {
    if (count === 0) continue
    const hour = (bin + 0.5) * perBin
    const parts = peaks.map((peak) => density(peak, hour))
    const whole = parts.reduce((sum, part) => sum + part, 0)
    for (const [i, part] of parts.entries()) {
      const share = (count * part) / whole
      sums[i]!.weight += share
      sums[i]!.cos += share * Math.cos((hour * Math.PI) / 12)
      sums[i]!.sin += share * Math.sin((hour * Math.PI) / 12)
    }
  }
  const total = sums.reduce((sum, { weight }) => sum + weight, 0)
  return sums.map(({ weight, cos, sin }) => ({
    hour: ((Math.atan2(sin, cos) * 12) / Math.PI + 24) % 24,
    weight: weight / total,
    kappa: Math.min(MAX_KAPPA, Math.max(MIN_KAPPA, kappaOf(Math.hypot(cos, sin) / Math.max(1e-9, weight)))),
  }))
}

/** Local hours of natural visits, in quarter hours. */
function visitHours(log: WorldLog): Float64Array {
  const clock = logClock(log)
  const counts = new Float64Array(96)
  for (const { kind, send, user, at } of log.events) {
    if (kind === 'visit' && send === null) counts[Math.floor(clock.localHour(user, at) * 4)]! += 1
  }
  return counts
}

/** Shares of natural visits in the night, morning, afternoon and evening, from 0, 6, 11 and 17 o'clock. */
export function dayParts(log: WorldLog): readonly number[] {
  const counts = visitHours(log)
  const total = counts.reduce((sum, count) => sum + count, 0)
  return [
    [0, 6],
    [6, 11],
    [11, 17],
    [17, 24],
  ].map(([from = 0, to = 24]) => counts.slice(from * 4, to * 4).reduce((sum, count) => sum + count, 0) / total)
}

/**
 * The hours of natural visits as a mixture of as many peaks as the base has, by expectation and maximisation from there; the
 * spread of personal shifts is taken off each peak's width. Says why not where the log cannot tell.
 */
export function fitCircadian(
  log: WorldLog,
  base: Scenario['circadian'],
):
  | { readonly kind: 'fitted'; readonly circadian: Scenario['circadian'] }
  | { readonly kind: 'kept'; readonly reason: string } {
  if (log.users.every(({ timeZone }) => timeZone === null)) {
    return { kind: 'kept', reason: 'the log does not say in which time zones its users live' }
  }
  const counts = visitHours(log)
  const visits = counts.reduce((sum, count) => sum + count, 0)
  if (visits < FEW_VISITS) {
    return { kind: 'kept', reason: `it takes ${FEW_VISITS} visits that no message brought, the log has ${visits}` }
  }
  let { peaks } = base
  for (let round = 0; round < ROUNDS; round += 1) peaks = improve(peaks, counts, 0.25)
  // 1/κ is a variance in squared radians; that of the shifts is part of it.
  const shift = (base.shiftSdHours * Math.PI) / 12
  const sharpened = peaks.map((peak) => ({
    hour: Math.round(100 * peak.hour) / 100,
    weight: Math.max(1e-4, Math.round(1e4 * peak.weight) / 1e4),
    kappa: Math.round(100 * Math.min(MAX_KAPPA, 1 / Math.max(1 / MAX_KAPPA, 1 / peak.kappa - shift * shift))) / 100,
  }))
  return { kind: 'fitted', circadian: { ...base, peaks: sharpened } }
}
