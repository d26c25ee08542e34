import { chiSquareUpper, normalCdf } from '../numeric/index.ts'

/** What is looked at of one choice. */
export interface DrawnChoice {
  /** Name and kind of the policy. */
  readonly policy: string
  readonly probabilities: readonly number[]
  readonly chosen: number
  /** The uniform number that made the draw. */
  readonly draw: number
}

/** Whether the choices of one policy fell as often as their probabilities say. */
export interface DrawAudit {
  readonly policy: string
  /** Choices that chance had a part in. */
  readonly choices: number
  /** Choices of what had no chance; they are left out below. */
  readonly impossible: number
  /** Mean of one over the probability of what was chosen, and what it is on average: how many actions had one. */
  readonly inverse: { readonly mean: number; readonly expected: number; readonly pValue: number | null }
  /** χ² of the draws in equal parts of [0, 1). */
  readonly uniform: { readonly statistic: number; readonly dof: number; readonly pValue: number } | null
  /** An impossible choice, or a p-value below one in a hundred thousand over all that were looked at. */
  readonly isSuspect: boolean
}

export interface DrawAuditor {
  add(choice: DrawnChoice): void
  /** By policy, in the order of their names. */
  result(): readonly DrawAudit[]
}

const PARTS = 20
const LEAST_PER_PART = 10
/** Whoever audits every day hears a false alarm once in centuries; wrong probabilities reach this within some thousand choices. */
const ALARM = 1e-5
/** Sums that are more skewed are not normal enough to be judged; one rare action with a probability of .001 does it for the first thousands. */
const MOST_SKEWED = 0.3
/** Scores beyond this are corrected for skewness no further: the correction is a first term. */
const MOST_CORRECTED = 5

interface Tally {
  choices: number
  impossible: number
  inverse: number
  expected: number
  variance: number
  third: number
  readonly parts: number[]
}

const emptyTally = (): Tally => ({
  choices: 0,
  impossible: 0,
  inverse: 0,
  expected: 0,
  variance: 0,
  third: 0,
  parts: new Array<number>(PARTS).fill(0),
})

function count(tally: Tally, { probabilities, chosen, draw }: DrawnChoice): void {
  const possible = probabilities.filter((p) => p > 0)
  if (!(probabilities[chosen]! > 0)) tally.impossible += 1
  else if (possible.length > 1) weigh(tally, { possible, propensity: probabilities[chosen]!, draw })
}

function weigh(
  tally: Tally,
  {
    possible,
    propensity,
    draw,
  }: { readonly possible: readonly number[]; readonly propensity: number; readonly draw: number },
): void {
  tally.choices += 1
  tally.parts[Math.min(PARTS - 1, Math.floor(draw * PARTS))]! += 1
  tally.inverse += 1 / propensity
  tally.expected += possible.length
  for (const p of possible) {
    const apart = 1 / p - possible.length
    tally.variance += p * apart ** 2
    tally.third += p * apart ** 3
  }
}

/**
 * Two-sided, of a sum of independent numbers whose skewness is known (first term of Cornish & Fisher 1938, without which a
 * skewness of .3 makes some seventy of one chance in a hundred thousand); null where it cannot vary, and while it is too skewed for that term.
 */
function inversePValue({ inverse, expected, variance, third }: Tally): number | null {
  if (variance === 0) return null
  const sd = Math.sqrt(variance)
  const skewness = third / sd ** 3
  if (Math.abs(skewness) > MOST_SKEWED) return null
  const score = (inverse - expected) / sd
  return 2 * normalCdf(-Math.abs(score - (skewness * (Math.min(score ** 2, MOST_CORRECTED ** 2) - 1)) / 6))
}

function uniformity({ parts, choices }: Tally): DrawAudit['uniform'] {
  const expected = choices / PARTS
  if (expected < LEAST_PER_PART) return null
  const statistic = parts.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0)
  return { statistic, dof: PARTS - 1, pValue: chiSquareUpper(statistic, PARTS - 1) }
}

/**
 * Audits logged propensities: with K actions of probability above 0, one over the probability of what was chosen is K on average, with variance Σ 1/p − K²;
 * and the draws are uniform. That the choice follows from its draw is for `replay` to say. Together they tell that choices were drawn from what was
 * logged, as every estimate by inverse propensities needs. Assumes that decisions draw independently; fails to see a wrong probability whose errors cancel
 * over users. A policy's p-value is null while there are too few choices for it.
 */
export function drawAuditor(): DrawAuditor {
  const tallies = new Map<string, Tally>()
  return {
    add(choice) {
      const tally = tallies.get(choice.policy) ?? emptyTally()
      tallies.set(choice.policy, tally)
      count(tally, choice)
    },
    result() {
      const found = [...tallies]
        .filter(([, tally]) => tally.choices + tally.impossible > 0)
        .sort(([a], [b]) => (a < b ? -1 : 1))
      const judged = found.map(([policy, tally]) => ({
        policy,
        choices: tally.choices,
        impossible: tally.impossible,
        inverse: {
          mean: tally.choices === 0 ? 0 : tally.inverse / tally.choices,
          expected: tally.choices === 0 ? 0 : tally.expected / tally.choices,
          pValue: inversePValue(tally),
        },
        uniform: uniformity(tally),
      }))
      const tests = judged.flatMap(({ inverse, uniform }) => [inverse.pValue, uniform?.pValue ?? null])
      const level = ALARM / tests.filter((p) => p !== null).length
      const isLow = (p: number | null | undefined): boolean => typeof p === 'number' && p < level
      return judged.map((each) => ({
        ...each,
        isSuspect: each.impossible > 0 || isLow(each.inverse.pValue) || isLow(each.uniform?.pValue),
      }))
    },
  }
}
