import { chiSquareUpper } from '../numeric/index.ts'
import { SAMPLE_RATIO_ALARM, type SampleRatio } from './sample-ratio.ts'

/** Above this share of users who were exposed to more than one variant an experiment is invalid. */
export const MOST_CROSSED = 0.005

/** Users that met several variants: left out of every effect, and counted. */
export interface Crossover {
  readonly exposed: number
  readonly crossed: number
  /** Of all exposed; 0 where there are none. */
  readonly share: number
  readonly isInvalid: boolean
}

/**
 * Counts users who were exposed to more than one variant. To leave them out is right while they are few; above .5 % those
 * left out are no longer alike in the groups, so nothing may be concluded. Throws a RangeError unless 0 ≤ crossed ≤ exposed.
 */
export function crossoverCheck({
  exposed,
  crossed,
}: {
  readonly exposed: number
  readonly crossed: number
}): Crossover {
  if (!(crossed >= 0 && crossed <= exposed && Number.isFinite(exposed))) {
    throw new RangeError(`crossed must be in [0, ${exposed}], got ${crossed}`)
  }
  const share = exposed === 0 ? 0 : crossed / exposed
  return { exposed, crossed, share, isInvalid: share > MOST_CROSSED }
}

/** Units of one group that were assigned, and of those the ones whose exposure (or telemetry) arrived. */
export interface ExposedUnits {
  readonly assigned: number
  readonly exposed: number
}

// Cochran's rule, as for the sample ratio.
const LEAST_EXPECTED = 5

/**
 * Whether groups lose their units alike on the way from assignment to exposure: Pearson's χ² of the 2 × K table of
 * exposed and lost. A difference means that the treatment itself, or its logging, decides who is seen, and the exposed
 * are not comparable. Undefined where an expected cell is below five or fewer than two groups have units
 * (`too-few-units`), and where nobody or everybody was lost (`zero-variance`): there is nothing to compare. Throws a RangeError unless 0 ≤ exposed ≤ assigned.
 */
export function exposureLossTest(groups: readonly ExposedUnits[]): SampleRatio {
  for (const { assigned, exposed } of groups) {
    if (!(exposed >= 0 && exposed <= assigned && Number.isFinite(assigned))) {
      throw new RangeError(`exposed must be in [0, ${assigned}], got ${exposed}`)
    }
  }
  const present = groups.filter(({ assigned }) => assigned > 0)
  const total = present.reduce((sum, { assigned }) => sum + assigned, 0)
  const rate = present.reduce((sum, { exposed }) => sum + exposed, 0) / total
  if (present.length < 2) return { kind: 'undefined', reason: 'too-few-units' }
  const dof = present.length - 1
  if (rate === 0 || rate === 1) return { kind: 'undefined', reason: 'zero-variance' }
  const least = Math.min(...present.map(({ assigned }) => assigned)) * Math.min(rate, 1 - rate)
  if (least < LEAST_EXPECTED) return { kind: 'undefined', reason: 'too-few-units' }
  const spread = rate * (1 - rate)
  const statistic = present.reduce(
    (sum, { assigned, exposed }) => sum + (exposed - assigned * rate) ** 2 / (assigned * spread),
    0,
  )
  const pValue = chiSquareUpper(statistic, dof)
  return { kind: 'test', statistic, dof, pValue, isMismatch: pValue < SAMPLE_RATIO_ALARM }
}
