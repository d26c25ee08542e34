import { effectCovariance, effectiveTests } from '../statistics/index.ts'
import type { ExperimentSummary } from './experiment-summary.ts'
import type { ReadOutSpec } from './read-out-spec.ts'
import { compareJointly } from './read-out-utility.ts'

/**
 * How many independent tests the success metrics amount to (`effectiveTests`), from the covariance of their effects; the
 * largest of all treatments. Null, so that each counts, where fewer than two are compared as means or ratios, one of them has
 * no standard error, or shares changed between phases.
 */
export function effectiveSuccessTests({ joint }: ExperimentSummary, spec: ReadOutSpec): number | null {
  const { variants, control, metrics } = spec
  const names = metrics.filter(({ role }) => role === 'success').map(({ name }) => name)
  if (joint === null || names.length < 2) return null
  if (new Set(joint.cells.map(({ phase }) => phase)).size > 1) return null
  const counts = variants
    .filter(({ name }) => name !== control)
    .map(({ name: treatment }) => {
      const compared = compareJointly(joint, names, { treatment, control })
      if (compared === null || compared.found.length < names.length) return null
      return effectiveTests(effectCovariance(compared.arms, compared.found), names.length)
    })
  return counts.includes(null) ? null : Math.max(...counts.map((count) => count ?? 0))
}
