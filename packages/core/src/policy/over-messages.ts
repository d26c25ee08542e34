import type { PolicySpec } from '../domain/index.ts'
import { distributionFor } from './distribution-for.ts'
import type { PolicyInput } from './policy-input.ts'
import { foldVariants, groupVariants, unfoldVariants, type VariantChooser } from './variant-groups.ts'

/** The policies that take what there is as it comes: their data must not depend on what was learned. */
const FIXED: readonly PolicySpec['kind'][] = ['cadence', 'random', 'holdout']

/**
 * The distribution where messages are counted: the policy chooses message, channel and moment, and the variants of a message with a finite
 * horizon share that chance by what each of them has brought. The product is the propensity, exactly.
 */
export function distributionOverMessages(
  spec: PolicySpec,
  input: PolicyInput & Required<Pick<PolicyInput, 'offers'>>,
  options: { readonly choose: VariantChooser; readonly mayExplore: boolean },
): Float64Array {
  const groups = FIXED.includes(spec.kind) ? null : groupVariants(input.actions, input.offers.messages, options)
  if (groups === null) return distributionFor(spec, input)
  return unfoldVariants(distributionFor(spec, foldVariants(input, groups)), groups)
}
