import { PalomaError, type SurrogateTest, type SurrogateVerdict } from '../domain/index.ts'

/** What an early belief said of a cohort, and what the cohort brought when it had matured. */
export interface MaturedForecast {
  /** Mean and variance of the belief that decisions were made with. */
  readonly mean: number
  readonly variance: number
  /** Mean outcome of the matured cohort, of users whose days are not in the belief, and the variance of that mean. */
  readonly outcome: number
  readonly outcomeVariance: number
}

/** Shifts in standard errors, or a scale > 1, which the standardised error z ~ N(0, 1) is tested against. */
const ALTERNATIVES = [
  { shift: -1, scale: 1, fault: 'outcomes-below-forecast' },
  { shift: -0.5, scale: 1, fault: 'outcomes-below-forecast' },
  { shift: 0.5, scale: 1, fault: 'outcomes-above-forecast' },
  { shift: 1, scale: 1, fault: 'outcomes-above-forecast' },
  { shift: 0, scale: 1.5, fault: 'forecasts-too-sure' },
  { shift: 0, scale: 2.5, fault: 'forecasts-too-sure' },
] as const

/** A test that has seen no cohort. Throws ALPHA_OUT_OF_RANGE. */
export function startSurrogateTest(alpha: number): SurrogateTest {
  if (!(alpha > 0 && alpha < 1)) throw new PalomaError('ALPHA_OUT_OF_RANGE', `alpha must be in (0, 1), got ${alpha}`)
  return { alpha, cohorts: 0, evidence: ALTERNATIVES.map(() => 0), verdict: { kind: 'holds' } }
}

/**
 * The test with one matured cohort more. Likelihood ratios of z = (outcome − mean) / √(variances) against each alternative that begins at some
 * cohort, starts weighed by 1 / (t (t + 1)), form an e-process (Shin, Ramdas & Rinaldo 2024; Ville 1939): if forecasts are calibrated, the
 * chance that it ever reaches 1 / alpha is at most alpha, however often one looks, and a break after a long good time is still found. Then
 * the verdict stays until a new test is started. Assumes cohorts of different users; slower the fewer users mature. Throws FORECAST_INVALID.
 */
export function observeCohort(test: SurrogateTest, forecast: MaturedForecast): SurrogateTest {
  if (test.verdict.kind === 'broken') return test
  const z = standardisedError(forecast)
  const cohorts = test.cohorts + 1
  const start = 1 / (cohorts * (cohorts + 1))
  const evidence = test.evidence.map((sum, k) => likelihoodRatio(z, ALTERNATIVES[k]!) * (sum + start))
  // Starts that are still to come count as 1 each.
  const total = evidence.reduce((sum, value) => sum + value, 0) / evidence.length + 1 / (cohorts + 1)
  return { alpha: test.alpha, cohorts, evidence, verdict: verdictOf(evidence, total * test.alpha >= 1, cohorts) }
}

function standardisedError({ mean, variance, outcome, outcomeVariance }: MaturedForecast): number {
  for (const [field, value] of Object.entries({ mean, outcome })) {
    if (!Number.isFinite(value)) throw invalid(field, 'a finite number', value)
  }
  for (const [field, value] of Object.entries({ variance, outcomeVariance })) {
    if (!(value >= 0 && value < Infinity)) throw invalid(field, 'a finite number ≥ 0', value)
  }
  const spread = variance + outcomeVariance
  if (!(spread > 0)) throw invalid('variance + outcomeVariance', '> 0', spread)
  return (outcome - mean) / Math.sqrt(spread)
}

/** N(z; shift, scale²) / N(z; 0, 1), bounded so that one absurd cohort cannot overflow. */
function likelihoodRatio(z: number, { shift, scale }: { readonly shift: number; readonly scale: number }): number {
  const away = (z - shift) / scale
  return Math.exp(Math.min(LARGEST_LOG_RATIO, 0.5 * (z * z - away * away))) / scale
}

const LARGEST_LOG_RATIO = 300

function verdictOf(evidence: readonly number[], isBroken: boolean, cohorts: number): SurrogateVerdict {
  if (!isBroken) return { kind: 'holds' }
  const strongest = evidence.indexOf(Math.max(...evidence))
  return { kind: 'broken', reason: ALTERNATIVES[strongest]!.fault, atCohort: cohorts }
}

function invalid(field: string, expected: string, value: number): PalomaError {
  return new PalomaError('FORECAST_INVALID', `${field} must be ${expected}, got ${value}`)
}
