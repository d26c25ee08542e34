import { windowMs } from '@paloma/core'
import { type Disagreement, repeatedNames, unknownNames, wrongSum } from './disagreement.ts'
import { wrongHeterogeneity } from './heterogeneity-schema.ts'
import { wrongPhases } from './phase-schema.ts'
import { wrongSurrogate } from './surrogate-schema.ts'
import type { WrittenSpec } from './written-spec.ts'

/** Everything in which the parts of a spec do not agree with one another. */
export function disagreements(spec: WrittenSpec): readonly Disagreement[] {
  return [
    ...wrongVariants(spec),
    ...wrongPhases(spec),
    ...wrongTimes(spec),
    ...repeatedNames(spec.metrics, 'metrics'),
    ...wrongUnits(spec),
    ...wrongWeighted(spec),
    ...wrongReceipt(spec),
    ...wrongEvents(spec),
    ...wrongUtility(spec),
    ...wrongHeterogeneity(spec),
    ...wrongSurrogate(spec),
    ...wrongPastEffects(spec),
    ...wrongDecompositions(spec),
  ]
}

function wrongVariants({ variants, control }: WrittenSpec): readonly Disagreement[] {
  const names = variants.map((variant) => variant.name)
  return [
    ...repeatedNames(variants, 'variants'),
    ...wrongSum(
      variants.map(({ weight }) => weight),
      ['variants'],
    ),
    ...(names.includes(control)
      ? []
      : [{ path: ['control'], message: `expected one of ${names.join(', ')}, got "${control}"` }]),
  ]
}

function wrongTimes({ start, end, asOf, sequential: plan, columns }: WrittenSpec): readonly Disagreement[] {
  const isBackwards = start !== undefined && end !== undefined && end <= start
  const needsEnd = plan === undefined || (plan.kind === 'groupSequential' && plan.maxUsers === undefined)
  const isDated = asOf !== undefined || columns.assignments.time !== null
  const ways = '{kind: groupSequential, maxUsers: …}, {kind: confidenceSequence, expectedUsers: …} or {kind: fixed}'
  return [
    ...(isBackwards ? [{ path: ['end'], message: 'expected a moment after start' }] : []),
    ...(needsEnd && end === undefined ? [{ path: ['sequential'], message: `expected ${ways}, or an \`end\`` }] : []),
    // Without these nobody could see how far the experiment has come, and it would be tested as if it were over.
    ...(needsEnd && end !== undefined && (start === undefined || !isDated)
      ? [
          {
            path: ['sequential'],
            message: `expected ${ways}, or a \`start\` and times of exposure (columns.assignments.time) beside \`end\``,
          },
        ]
      : []),
  ]
}

function wrongUnits(spec: WrittenSpec): readonly Disagreement[] {
  const { columns, switchback: slots, sequential: plan, utility: stated, decompositions: parts } = spec
  const { cluster, covariates, propensity, time } = columns.assignments
  if (cluster.length === 0 && slots === undefined) return []
  const what = slots === undefined ? 'clusters' : 'slots of time'
  const found: Disagreement[] = []
  const refuse = (isWrong: boolean, path: readonly (string | number)[], message: string): void => {
    if (isWrong) found.push({ path, message })
  }
  refuse(covariates.length > 0, ['columns', 'assignments', 'covariates'], `expected none beside ${what}`)
  refuse(propensity !== null, ['columns', 'assignments', 'propensity'], `expected none beside ${what}`)
  refuse(stated !== undefined, ['utility'], `expected none beside ${what}`)
  refuse(parts.funnels.length + parts.channels.length > 0, ['decompositions'], `expected none beside ${what}`)
  refuse(
    slots === undefined && (plan?.kind === 'confidenceSequence' || (plan?.kind !== 'fixed' && time === null)),
    ['sequential'],
    'expected {kind: fixed}, or {kind: groupSequential} and the time of exposure, where clusters were randomised',
  )
  refuse(
    slots !== undefined && time === null,
    ['columns', 'assignments', 'time'],
    'expected the column with the time of exposure',
  )
  return [...found, ...(slots === undefined ? [] : windowsBeyond(spec.metrics, slots.slotMinutes))]
}

/** What is read from values as they are, and would be wrong where users count by the inverse of a chance. */
function wrongWeighted(spec: WrittenSpec): readonly Disagreement[] {
  if (spec.columns.assignments.propensity === null) return []
  const beside = 'beside columns.assignments.propensity'
  const { funnels, channels } = spec.decompositions
  const asked = [
    ['received', spec.received !== undefined],
    ['novelty', spec.novelty !== undefined],
    ['decompositions', funnels.length + channels.length > 0],
  ] as const
  return [
    ...spec.metrics.flatMap(({ metricType }, i) =>
      metricType === 'quantile'
        ? [{ path: ['metrics', i, 'metricType'], message: `expected a mean, share or ratio ${beside}, got quantile` }]
        : [],
    ),
    ...asked.flatMap(([path, isAsked]) => (isAsked ? [{ path: [path], message: `expected none ${beside}` }] : [])),
  ]
}

function wrongReceipt({
  received,
  metrics,
  successTests,
  columns,
  switchback: slots,
}: WrittenSpec): readonly Disagreement[] {
  const shares = metrics.filter(({ metricType }) => metricType === 'proportion').map((metric) => metric.name)
  const isClustered = slots !== undefined || columns.assignments.cluster.length > 0
  return [
    ...(received === undefined || shares.includes(received)
      ? []
      : [{ path: ['received'], message: `expected a metric of type proportion, got "${received}"` }]),
    ...(received !== undefined && isClustered
      ? [{ path: ['received'], message: 'expected none beside clusters and slots of time' }]
      : []),
    ...(successTests === 'nyholt' && isClustered
      ? [{ path: ['successTests'], message: 'expected bonferroni beside clusters and slots of time' }]
      : []),
  ]
}

/** A window that begins after its slot has ended holds nothing. */
function windowsBeyond(metrics: WrittenSpec['metrics'], slotMinutes: number): readonly Disagreement[] {
  return metrics.flatMap(({ windowSettings }, i) =>
    windowSettings !== undefined && windowMs(windowSettings).from >= slotMinutes * MS_PER_MINUTE
      ? [
          {
            path: ['metrics', i, 'windowSettings', 'delayValue'],
            message: `expected less than a slot of ${slotMinutes} minutes: every window ends with its slot`,
          },
        ]
      : [],
  )
}

const MS_PER_MINUTE = 60_000

/** Quantiles of single events need the events. */
function wrongEvents({ metrics, columns }: WrittenSpec): readonly Disagreement[] {
  return metrics.flatMap(({ quantileSettings, cappingSettings }, i) => {
    if (quantileSettings?.type !== 'event') return []
    const isWide = columns.metrics.form === 'wide'
    return [
      ...(isWide
        ? [{ path: ['metrics', i, 'quantileSettings', 'type'], message: 'expected unit: a wide table has no events' }]
        : []),
      ...(cappingSettings?.type === 'percentile'
        ? [{ path: ['metrics', i, 'cappingSettings', 'type'], message: 'expected absolute for a quantile of events' }]
        : []),
    ]
  })
}

function wrongUtility({ utility: stated, metrics }: WrittenSpec): readonly Disagreement[] {
  if (stated === undefined) return []
  const names = metrics.filter(({ metricType }) => metricType !== 'quantile').map((metric) => metric.name)
  const weighted = Object.keys(stated.weights)
  const isOutside = ([key, { low, high }]: readonly [
    string,
    { readonly low: number; readonly high: number },
  ]): boolean => !(low <= (stated.weights[key] ?? Number.NaN) && (stated.weights[key] ?? Number.NaN) <= high)
  return [
    ...(weighted.length === 0
      ? [{ path: ['utility', 'weights'], message: 'expected a weight of at least one metric' }]
      : []),
    ...unknownNames(weighted, names, ['utility', 'weights']),
    ...Object.entries(stated.ranges)
      .filter(isOutside)
      .map(([key]) => ({
        path: ['utility', 'ranges', key],
        message: `expected low ≤ weight (${stated.weights[key] ?? 'none'}) ≤ high`,
      })),
  ]
}

/** A prior is stated or learned, not both. */
function wrongPastEffects({ pastEffects, metrics }: WrittenSpec): readonly Disagreement[] {
  const asked = Object.keys(pastEffects)
  const known = metrics.map((metric) => metric.name)
  const stated = metrics.filter((metric) => metric.priorSettings !== undefined && asked.includes(metric.name))
  return [
    ...unknownNames(asked, known, ['pastEffects']),
    ...stated.map((metric) => ({
      path: ['pastEffects', metric.name],
      message: 'expected none beside priorSettings of the metric',
    })),
  ]
}

function wrongDecompositions({
  decompositions: { funnels, channels },
  metrics,
  plan: { baselines },
}: WrittenSpec): readonly Disagreement[] {
  const names = metrics.map((metric) => metric.name)
  return [
    ...funnels.flatMap(({ stages }, i) => unknownNames(stages, names, ['decompositions', 'funnels', i, 'stages'])),
    ...channels.flatMap(({ metrics: parts, treated }, i) => [
      ...unknownNames(parts, names, ['decompositions', 'channels', i, 'metrics']),
      ...unknownNames([treated], parts, ['decompositions', 'channels', i, 'treated']),
    ]),
    ...unknownNames(Object.keys(baselines), names, ['plan', 'baselines']),
  ]
}
