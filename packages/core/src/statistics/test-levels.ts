/** Errors that an experiment's rule may make. */
export interface ErrorBudget {
  /** One-sided error of every directional test: of shipping what does not help. Default .05. */
  readonly alpha: number
  /** Error of not shipping what helps as much as planned. Default .20. */
  readonly beta: number
  /** Error of stopping for harm or broken data where there is none. Default .01. */
  readonly alphaMinus: number
}

export const DEFAULT_ERRORS: ErrorBudget = { alpha: 0.05, beta: 0.2, alphaMinus: 0.01 }

/** How many tests share the errors. */
export interface TestCounts {
  /** Treatments against the same control, C ≥ 1. */
  readonly treatments: number
  /** Success metrics, S; with an effective number of tests, that (Nyholt 2004). */
  readonly success: number
  /** Guardrails with a non-inferiority margin, G. */
  readonly guardrails: number
  /** Metrics watched for harm, D. */
  readonly deterioration: number
  /** Tests of the data's quality, Q. */
  readonly quality: number
}

/** One-sided levels of the tests that a decision rests on, and the power each powered metric is planned with. */
export interface TestLevels {
  readonly success: number
  readonly guardrail: number
  /** Of each deterioration and each quality test. */
  readonly monitoring: number
  readonly power: number
}

/**
 * Levels that keep the whole rule's errors (Schultzberg, Ankargren & Frånberg 2024, arXiv 2402.11609): superiority at
 * α / (C S), because one success metric is enough; non-inferiority at α / C, because all guardrails must pass and each
 * treatment may ship; deterioration and quality at α₋ / (D + Q); planned power 1 − (β − α₋) / (G + 1[S > 0]).
 * Throws a RangeError for errors outside (0, .5), β ≤ α₋, or counts below 0.
 */
export function testLevels(counts: TestCounts, errors: Partial<ErrorBudget> = {}): TestLevels {
  const budget = { ...DEFAULT_ERRORS, ...errors }
  checkBudget(budget)
  for (const [name, count] of Object.entries(counts)) {
    const least = name === 'treatments' ? 1 : 0
    if (!(count >= least && Number.isFinite(count))) throw new RangeError(`${name} must be ≥ ${least}, got ${count}`)
  }
  const { treatments, success, guardrails, deterioration, quality } = counts
  const powered = Math.max(1, guardrails + (success > 0 ? 1 : 0))
  return {
    success: budget.alpha / (treatments * Math.max(1, success)),
    guardrail: budget.alpha / treatments,
    monitoring: budget.alphaMinus / Math.max(1, deterioration + quality),
    power: 1 - (budget.beta - budget.alphaMinus) / powered,
  }
}

function checkBudget(budget: ErrorBudget): void {
  for (const [name, value] of Object.entries(budget)) {
    if (!(value > 0 && value < 0.5)) throw new RangeError(`${name} must be in (0, .5), got ${value}`)
  }
  if (!(budget.beta > budget.alphaMinus)) {
    throw new RangeError(`beta must be above alphaMinus = ${budget.alphaMinus}, got ${budget.beta}`)
  }
}
