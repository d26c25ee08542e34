import type { Channel, ExperimentDesign, Layer, PolicySpec, VariantChange } from '../domain/index.ts'
import { BUCKETS } from './assignment.ts'
import { holdoutStart } from './layer.ts'

/** What a design may name. */
export interface KnownNames {
  readonly objectives: readonly string[]
  readonly channels: readonly Channel[]
  readonly layers: readonly Layer[]
  readonly metrics: readonly string[]
  /** Shared limits. */
  readonly limits?: readonly string[]
}

/** A fault of a design: where it lies, and a sentence with the range and the value. */
export interface DesignFault {
  readonly pointer: string
  readonly detail: string
}

/** Everything for which a design may not start; empty where it may. */
export function designFaults(design: ExperimentDesign, known: KnownNames): readonly DesignFault[] {
  return [
    ...variantFaults(design),
    ...shareFaults(design),
    ...placeFaults(design, known),
    ...unitFaults(design),
    ...targetingFaults(design),
    ...design.variants.flatMap(({ change }, i) => changeFaults(change, `/variants/${i}/change`, known)),
    ...metricFaults(design, known),
    ...splitFaults(design, known),
  ]
}

function metricFaults({ metrics }: ExperimentDesign, known: KnownNames): readonly DesignFault[] {
  const names = metrics.map(({ name }) => name)
  const margins = metrics.flatMap(({ role, nonInferiorityMargin: margin = 0 }, i) => {
    const isSound = role === 'guardrail' ? margin > 0 && margin < 1 : margin === 0
    const expected = role === 'guardrail' ? 'a share of the control mean in (0, 1)' : `none, because it is ${role}`
    return isSound ? [] : [fault(`/metrics/${i}/nonInferiorityMargin`, expected, margin)]
  })
  const efforts = metrics.flatMap(({ role, targetMDE }, i) => {
    if (targetMDE === undefined) return []
    const isSound = role === 'success' && targetMDE > 0 && Number.isFinite(targetMDE)
    const expected = role === 'success' ? 'a share of the control mean above 0' : `none, because it is ${role}`
    return isSound ? [] : [fault(`/metrics/${i}/targetMDE`, expected, targetMDE)]
  })
  const twice = names.flatMap((name, i) =>
    names.indexOf(name) === i ? [] : [fault(`/metrics/${i}/name`, 'a metric named only once', name)],
  )
  const unknown = unknownNames(names, known.metrics, { pointer: '/metrics', what: 'a metric of the configuration' })
  return [...unknown, ...twice, ...margins, ...efforts]
}

function splitFaults(
  { budgetSplit = [], unit }: ExperimentDesign,
  { limits = [] }: KnownNames,
): readonly DesignFault[] {
  if (budgetSplit.length === 0) return []
  const unknown = unknownNames(budgetSplit, limits, {
    pointer: '/budgetSplit',
    what: 'a shared limit of the configuration',
  })
  // All users of a slot have one variant, and the whole limit with it.
  return unit.kind === 'user' ? unknown : [...unknown, fault('/budgetSplit', 'none beside slots of time', budgetSplit)]
}

function fault(pointer: string, expected: string, got: unknown): DesignFault {
  return { pointer, detail: `expected ${expected}, got ${JSON.stringify(got) ?? String(got)}` }
}

function variantFaults({ variants, control }: ExperimentDesign): readonly DesignFault[] {
  const names = variants.map(({ name }) => name)
  const faults: DesignFault[] = []
  if (names.length < 2) faults.push(fault('/variants', 'two or more variants', names.length))
  const repeated = names.findIndex((name, i) => names.indexOf(name) < i)
  if (repeated >= 0) faults.push(fault(`/variants/${repeated}/name`, 'a name used only once', names[repeated]))
  if (!names.includes(control)) faults.push(fault('/control', `the name of a variant (${names.join(', ')})`, control))
  return faults
}

function isShare(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= BUCKETS
}

function shareFaults({ variants, weights, traffic }: ExperimentDesign): readonly DesignFault[] {
  const faults = isShare(traffic) ? [] : [fault('/traffic', `an integer from 0 to ${BUCKETS} millionths`, traffic)]
  return [
    ...faults,
    ...weightFaults(
      weights,
      variants.map(({ name }) => name),
    ),
  ]
}

/** What is wrong with weights of these variants: integers of millionths, one per variant, that sum to a million. */
export function weightFaults(
  weights: Readonly<Record<string, number>>,
  variants: readonly string[],
): readonly DesignFault[] {
  const faults = unknownNames(Object.keys(weights), variants, { pointer: '/weights', what: 'a variant' })
  const bad = Object.entries(weights).filter(([, share]) => !isShare(share))
  const named = bad.map(([name, share]) => fault(`/weights/${name}`, 'an integer of millionths ≥ 0', share))
  const sum = Object.values(weights).reduce((total, share) => total + share, 0)
  if (sum === BUCKETS) return [...faults, ...named]
  return [...faults, ...named, fault('/weights', `weights (in millionths) that sum to ${BUCKETS}`, sum)]
}

function unknownNames(
  names: readonly string[],
  known: readonly string[],
  { pointer, what }: { readonly pointer: string; readonly what: string },
): readonly DesignFault[] {
  return names.flatMap((name) => {
    if (known.includes(name)) return []
    return [fault(pointer, `${what} (${known.length === 0 ? 'there is none' : known.join(', ')})`, name)]
  })
}

function placeFaults({ layer, groups }: ExperimentDesign, { layers }: KnownNames): readonly DesignFault[] {
  const faults: DesignFault[] = []
  if (groups.length === 0) faults.push(fault('/groups', 'one or more comparison groups', groups))
  if (groups.includes('holdout')) faults.push(fault('/groups', 'groups other than holdout', groups))
  if (layer === null) return faults
  const known = layers.find(({ name }) => name === layer.name)
  if (known === undefined) {
    const names = layers.map(({ name }) => name).join(', ')
    return [...faults, fault('/layer/name', `a layer of the configuration (${names || 'there is none'})`, layer.name)]
  }
  const end = holdoutStart(known)
  const isSound = isShare(layer.from) && isShare(layer.until) && layer.from < layer.until && layer.until <= end
  if (isSound) return faults
  return [...faults, fault('/layer', `buckets from ≥ 0 < until ≤ ${end} (the holdout begins there)`, layer)]
}

function unitFaults({ unit }: ExperimentDesign): readonly DesignFault[] {
  if (unit.kind === 'user') return []
  const { slotMinutes, washoutMinutes } = unit
  const faults: DesignFault[] = []
  if (!(Number.isInteger(slotMinutes) && slotMinutes >= 1)) {
    faults.push(fault('/unit/slotMinutes', 'an integer ≥ 1', slotMinutes))
  }
  if (!(washoutMinutes >= 0 && washoutMinutes < slotMinutes)) {
    faults.push(fault('/unit/washoutMinutes', `minutes from 0 to below slotMinutes (${slotMinutes})`, washoutMinutes))
  }
  return faults
}

function targetingFaults({ targeting }: ExperimentDesign): readonly DesignFault[] {
  return targeting.flatMap((condition, i) => {
    const pointer = `/targeting/${i}`
    if (condition.kind === 'known') return []
    if (condition.kind !== 'between') {
      return condition.values.length === 0 ? [fault(`${pointer}/values`, 'one or more values', [])] : []
    }
    const { min = -Infinity, max = Infinity } = condition
    const isSound = min <= max && (min > -Infinity || max < Infinity)
    return isSound ? [] : [fault(pointer, 'min or max, min ≤ max', condition)]
  })
}

function changeFaults(change: VariantChange, pointer: string, known: KnownNames): readonly DesignFault[] {
  const { policy, weights = {}, prices = {}, messages = {} } = change
  return [
    ...(policy === undefined ? [] : policyFaults(policy, `${pointer}/policy`, known)),
    ...unknownNames(Object.keys(weights), known.objectives, { pointer: `${pointer}/weights`, what: 'an objective' }),
    ...Object.entries(weights).flatMap(([name, weight]) =>
      Number.isFinite(weight) ? [] : [fault(`${pointer}/weights/${name}`, 'a finite number', weight)],
    ),
    ...Object.entries(prices).flatMap(([name, price]) =>
      price >= 0 && price < Infinity ? [] : [fault(`${pointer}/prices/${name}`, 'a number ≥ 0', price)],
    ),
    ...Object.entries(messages).flatMap(([name, message]) =>
      message.kind === 'wordings' && message.names.length === 0
        ? [fault(`${pointer}/messages/${name}/names`, 'one or more wordings', [])]
        : [],
    ),
  ]
}

/** What the edge's schema cannot see: whether a policy can do anything under this configuration. */
function policyFaults(policy: PolicySpec, pointer: string, { channels }: KnownNames): readonly DesignFault[] {
  if (policy.kind !== 'cadence') return []
  const { channels: wanted } = policy
  if (wanted.length === 0) return [fault(`${pointer}/channels`, 'one or more channels', wanted)]
  return unknownNames(wanted, channels, { pointer: `${pointer}/channels`, what: 'a channel that is on' })
}
