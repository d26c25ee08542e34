import { normalCdf, normalQuantile, tQuantile } from '../numeric/index.ts'
import type { Spending } from './alpha-spending.ts'
import { sequenceCritical } from './confidence-sequence.ts'
import { type GroupSequentialBounds, groupSequentialBounds } from './group-sequential-bounds.ts'

/** How one metric of an experiment is tested at the present look. */
export type TestMethod =
  /** One look at a size fixed beforehand; before it is due there is no test. */
  | { readonly kind: 'fixed'; readonly isDue: boolean }
  /** One look, once every powered metric has the standard error it needs. */
  | { readonly kind: 'fixedPower' }
  /** Information fractions of all looks so far, the present one last. `isFinal`: it is the last one there will be. */
  | {
      readonly kind: 'groupSequential'
      readonly fractions: readonly number[]
      readonly spending?: Spending
      readonly isFinal?: boolean
    }
  /** Looks without an end: units so far, and those expected at the decision. */
  | { readonly kind: 'confidenceSequence'; readonly n: number; readonly expectedN: number }

/**
 * How many standard errors an effect must lie from the tested value to reject at the present look, one-sided at `alpha`;
 * null where the method takes no test now. A sequential bound b on few degrees of freedom becomes the t quantile of the
 * same tail, t⁻¹(Φ(b)) (significance level approach, Jennison & Turnbull 2000, §3.8).
 */
export function criticalValue(
  method: TestMethod,
  { alpha, dof }: { readonly alpha: number; readonly dof: number | null },
): number | null {
  if (method.kind === 'fixed' && !method.isDue) return null
  const z = normalCritical(method, alpha)
  return z === null ? null : boundWithDof(z, dof)
}

/** A bound for a normal score as one for a t score of so many degrees of freedom (null: normal): what has the same tail. */
export function boundWithDof(bound: number, dof: number | null): number {
  return dof === null ? bound : -tQuantile(normalCdf(-bound), dof)
}

function normalCritical(method: TestMethod, alpha: number): number | null {
  if (method.kind === 'groupSequential') return boundsOfMethod(method, alpha).looks.at(-1)?.bound ?? null
  if (method.kind === 'confidenceSequence') return sequenceCritical({ ...method, alpha, sides: 1 })
  return -normalQuantile(alpha)
}

// Metrics of one experiment mostly share their looks and levels, a read-out asks for them several times, and bounds take some milliseconds.
const KEPT_BOUNDS = 512
const bounds = new Map<string, GroupSequentialBounds>()

/** The one-sided bounds of a group sequential method at all of its looks. */
export function boundsOfMethod(
  { fractions, spending, isFinal }: Extract<TestMethod, { readonly kind: 'groupSequential' }>,
  alpha: number,
): GroupSequentialBounds {
  const key = JSON.stringify([alpha, isFinal, spending, fractions])
  const kept = bounds.get(key)
  if (kept !== undefined) return kept
  const found = groupSequentialBounds({
    ...{ alpha, fractions, sides: 1 },
    ...(spending === undefined ? {} : { spending }),
    ...(isFinal === undefined ? {} : { isFinal }),
  })
  if (bounds.size >= KEPT_BOUNDS) bounds.clear()
  bounds.set(key, found)
  return found
}

/** Whether no look can follow that tests: a fixed size that is reached, all information that was planned. */
export function isOver(method: TestMethod): boolean {
  if (method.kind === 'fixed') return method.isDue
  if (method.kind !== 'groupSequential') return false
  return method.isFinal === true || method.fractions.some((fraction) => fraction >= 1)
}
