import {
  bonferroniPValue,
  confidenceSequence,
  crossoverCheck,
  type Effect,
  effectPValue,
  exposureLossTest,
  MOST_CROSSED,
  PRE_PERIOD_ALARM,
  prePeriodTests,
  type QualityCheck,
  SAMPLE_RATIO_ALARM,
  sampleRatioTest,
  startSampleRatio,
  updateSampleRatio,
} from '../statistics/index.ts'
import { compareMetric } from './compare-metric.ts'
import type { ComparedMetric } from './compared-metric.ts'
import { drawnPValue } from './drawn-check.ts'
import type { CheckResult, CheckStatus } from './experiment-read-out.ts'
import type { DrawnCell, ExperimentSummary, ExposureCell } from './experiment-summary.ts'
import { adaptivePhases, plannedUsers, type ReadOutSpec } from './read-out-spec.ts'

const WARNING_P = 0.01

/** A check with what it says about the data in words. */
export interface WordedCheck {
  readonly check: QualityCheck
  readonly words: string
}

interface Data {
  readonly spec: ReadOutSpec
  readonly summary: ExperimentSummary
  readonly compared: readonly ComparedMetric[]
}

/** Everything that is asked of the data before an effect is shown. */
export function qualityChecks(data: Data): readonly WordedCheck[] {
  const { summary } = data
  return [
    splitCheck('sample ratio', data, {
      cells: summary.clusters?.exposed ?? summary.exposed,
      drawn: summary.drawn?.exposed ?? [],
    }),
    ...assignedUsers(data),
    crossovers(summary),
    ...clusterCrossovers(summary),
    clocks(summary),
    rowsThatCount(summary),
    valuesMissing(data),
    beforeExposure(data),
    ...qualityMetrics(data),
  ]
}

/** The check as it is shown, judged at the level that the rule gave it. */
export function checkResult({ check, words }: WordedCheck, level: number): CheckResult {
  const { name } = check
  if (check.kind === 'moot') return { name, status: 'moot', pValue: null, words }
  if (check.kind === 'fact') {
    const sound = check.isDoubtful === true ? 'warning' : 'passed'
    return { name, status: check.isBroken ? 'failed' : sound, pValue: null, words }
  }
  const { pValue, alarm = 0 } = check
  return { name, status: statusOf(pValue, Math.max(level, alarm)), pValue, words }
}

function statusOf(pValue: number | null, level: number): CheckStatus {
  if (pValue === null) return 'unknown'
  if (pValue < level) return 'failed'
  return pValue < WARNING_P ? 'warning' : 'passed'
}

interface Split {
  readonly cells: readonly ExposureCell[]
  readonly drawn: readonly DrawnCell[]
}

/**
 * Planned against observed shares, phase by phase; at every day where there are looks on the way. Where the allocation followed
 * the data, draws against their logged chances.
 */
function splitCheck(name: string, data: Data, { cells, drawn }: Split): WordedCheck {
  const { spec } = data
  const phases = [...new Set(cells.map(({ phase }) => phase))]
  const found = phases.map((phase) => {
    const own = cells.filter((cell) => cell.phase === phase)
    const draws = drawn.filter((cell) => cell.phase === phase)
    const counts = countsOf(spec, own)
    if (draws.length === 0) {
      const shares = sharesOf(spec, phase)
      return { counts, shares, pValue: splitPValue(data, own, shares) }
    }
    const users = draws.reduce((sum, cell) => sum + cell.users, 0)
    const expected = spec.variants.map(({ name: own }) => draws.find(({ variant }) => variant === own)?.expected ?? 0)
    const pValue = drawnPValue(
      draws,
      isReadOnce(data) ? null : { alpha: spec.alphaDeterioration, expectedN: plannedUsers(spec) },
    )
    return { counts, shares: expected.map((sum) => sum / Math.max(1, users)), pValue }
  })
  const pValue = bonferroniPValue(found.map((each) => each.pValue))
  const counts = countsOf(spec, cells)
  const planned = plannedShares(spec, found)
  const words = spec.variants.map(
    ({ name: variant }, i) => `${variant} ${counts[i]!} (planned ${percent(planned[i]!)})`,
  )
  const ofPhases = phases.length > 1 ? `, smallest p of ${phases.length} phases` : ''
  return { check: { kind: 'test', name, pValue, alarm: SAMPLE_RATIO_ALARM }, words: `${words.join(', ')}${ofPhases}` }
}

/** By variant, of the users of all phases together; without users those of the design. */
function plannedShares(
  { variants }: ReadOutSpec,
  phases: readonly { readonly counts: readonly number[]; readonly shares: readonly number[] }[],
): readonly number[] {
  const sizes = phases.map(({ counts }) => counts.reduce((sum, n) => sum + n, 0))
  const all = sizes.reduce((sum, n) => sum + n, 0)
  if (all === 0) return variants.map(({ weight }) => weight)
  return variants.map((_, i) => phases.reduce((sum, { shares }, at) => sum + (shares[i]! * sizes[at]!) / all, 0))
}

function percent(share: number): string {
  return `${Number((100 * share).toPrecision(3))} %`
}

function sharesOf({ variants, phases }: ReadOutSpec, phase: string | null): readonly number[] {
  const own = phases.find(({ name }) => name === phase)
  return variants.map(({ name, weight }) => (own === undefined ? weight : (own.weights[name] ?? 0)))
}

function countsOf({ variants }: ReadOutSpec, cells: readonly ExposureCell[]): readonly number[] {
  return variants.map(({ name }) => cells.reduce((sum, cell) => sum + (cell.variant === name ? cell.users : 0), 0))
}

function splitPValue(data: Data, cells: readonly ExposureCell[], shares: readonly number[]): number | null {
  const { spec } = data
  const days = [...new Set(cells.map(({ day }) => day))].sort((a, b) => (a ?? 0) - (b ?? 0))
  if (isReadOnce(data) || days.includes(null)) {
    const test = sampleRatioTest(countsOf(spec, cells), shares)
    return test.kind === 'test' ? test.pValue : null
  }
  let state = startSampleRatio(shares)
  for (const day of days)
    state = updateSampleRatio(
      state,
      countsOf(
        spec,
        cells.filter((cell) => cell.day === day),
      ),
    )
  return state.pValue
}

/** One look at the end; while an experiment runs its data are watched whenever one likes, however its metrics are tested. */
function isReadOnce({ spec: { sequential, end }, summary: { asOf } }: Data): boolean {
  return sequential.kind === 'fixed' && (end === null || asOf === null || asOf >= end)
}

/** The split before exposure, and whether variants lose as many on the way to it. Users of one cluster are alike: nothing is tested of them. */
function assignedUsers(data: Data): readonly WordedCheck[] {
  const { assigned, clusters } = data.summary
  if (assigned === null || clusters !== undefined) return []
  const drawn = data.summary.drawn?.assigned ?? []
  return [splitCheck('sample ratio of assigned users', data, { cells: assigned, drawn }), exposedAlike(data, assigned)]
}

/** Phase by phase, because both shares and the rate of exposure change; the smallest p, corrected for their number. */
function exposedAlike({ spec, summary: { exposed } }: Data, assigned: readonly ExposureCell[]): WordedCheck {
  const name = 'exposed alike'
  const groupsIn = (phase: string | null) => {
    const [all, met] = [assigned, exposed].map((cells) =>
      countsOf(
        spec,
        cells.filter((cell) => cell.phase === phase),
      ),
    )
    return all!.map((n, i) => ({ assigned: n, exposed: Math.min(n, met![i]!) }))
  }
  // Where the allocation followed the data, variants have users of other days, whose rate is another.
  const adaptive = adaptivePhases(spec)
  const phases = [...new Set(assigned.map(({ phase }) => phase))]
    .filter((phase) => phase === null || !adaptive.has(phase))
    .map(groupsIn)
  const words = spec.variants
    .map(({ name: variant }, i) => {
      const sum = (pick: 'assigned' | 'exposed') => phases.reduce((total, groups) => total + groups[i]![pick], 0)
      return `${variant} ${sum('exposed')} of ${sum('assigned')} assigned`
    })
    .join(', ')
  const lossy = phases.filter((groups) => groups.some((group) => group.exposed < group.assigned))
  const tests = lossy.map((groups) => exposureLossTest(groups))
  const pValue = bonferroniPValue(tests.map((test) => (test.kind === 'test' ? test.pValue : null)))
  return pValue === null
    ? { check: { kind: 'moot', name }, words: `${words}; too few lost to test` }
    : { check: { kind: 'test', name, pValue, alarm: SAMPLE_RATIO_ALARM }, words }
}

function crossovers({ faults }: ExperimentSummary): WordedCheck {
  const { isInvalid } = crossoverCheck({ exposed: faults.users, crossed: faults.usersInManyVariants })
  const name = 'users in several variants'
  const words = `${faults.usersInManyVariants} of ${faults.users} users (at most ${percent(MOST_CROSSED)}); they are left out`
  return { check: { kind: 'fact', name, isBroken: isInvalid }, words }
}

function clusterCrossovers({ clusters }: ExperimentSummary): readonly WordedCheck[] {
  if (clusters === undefined) return []
  const { clusters: exposed, inManyVariants: crossed, rowsInWashout, rowsWithoutCluster } = clusters.faults
  const { isInvalid } = crossoverCheck({ exposed, crossed })
  const others = [
    ...(rowsInWashout === 0 ? [] : [`${rowsInWashout} rows in a washout do not count`]),
    ...(rowsWithoutCluster === 0 ? [] : [`${rowsWithoutCluster} rows name no cluster`]),
  ]
  const words = [
    `${crossed} of ${exposed} clusters (at most ${percent(MOST_CROSSED)}); they are left out`,
    ...others,
  ].join('; ')
  return [{ check: { kind: 'fact', name: 'clusters in several variants', isBroken: isInvalid }, words }]
}

function clocks({ faults }: ExperimentSummary): WordedCheck {
  const share = faults.users === 0 ? 0 : faults.exposedBeforeAssigned / faults.users
  const words = `${faults.exposedBeforeAssigned} of ${faults.users} users exposed before they were assigned (at most ${percent(MOST_CROSSED)}); they are left out`
  const { metricRowsFromFuture: early } = faults
  const future = early === 0 ? '' : `; ${rows(early)} of metrics dated after the read-out, which do not count`
  const check = { kind: 'fact', name: 'clocks agree', isBroken: share > MOST_CROSSED, isDoubtful: early > 0 } as const
  return { check, words: `${words}${future}` }
}

function rows(n: number): string {
  return n === 1 ? '1 row' : `${n} rows`
}

/** What was left out before anything was computed. Where no row of metrics is about anybody assigned, ids are of two kinds. */
function rowsThatCount({ faults }: ExperimentSummary): WordedCheck {
  const { metricRows, metricRowsOfOthers, rowsWithoutUser, rowsWithoutVariant, outsideExperiment } = faults
  const isBroken = metricRows > 0 && metricRowsOfOthers >= metricRows
  const strangers = isBroken
    ? `none of the ${rows(metricRows)} of metrics is about an assigned user: do both tables name users alike?`
    : `${rows(metricRowsOfOthers)} of metrics about users who were not assigned`
  const found = [
    [rowsWithoutUser, `${rows(rowsWithoutUser)} of assignments without a user`],
    [rowsWithoutVariant, `${rows(rowsWithoutVariant)} of assignments without a variant`],
    [outsideExperiment, `${outsideExperiment} users exposed before its start, after its end or after the read-out`],
    [faults.repeatedRows, `${rows(faults.repeatedRows)} of assignments after a user's first`],
    [faults.repeatedMetricRows, `${rows(faults.repeatedMetricRows)} of metrics that repeat another`],
    [metricRowsOfOthers, strangers],
  ] as const
  const words = found.flatMap(([count, text]) => (count > 0 ? [text] : []))
  const isDoubtful = rowsWithoutUser + rowsWithoutVariant + outsideExperiment > 0
  return {
    check: { kind: 'fact', name: 'rows that count', isBroken, isDoubtful },
    words: words.length === 0 ? 'all of them' : `left out: ${words.join('; ')}`,
  }
}

/** Whether variants lose values at different rates: a loss that the treatment causes is an effect in disguise. */
function valuesMissing({ spec, summary }: Data): WordedCheck {
  const name = 'values missing alike'
  const users = countsOf(spec, summary.exposed)
  const found = summary.metrics.map(({ metric, leftOut }) => {
    const lost = spec.variants.map(({ name: variant }) =>
      leftOut.reduce((sum, out) => sum + (out.variant === variant ? out.missing + out.notFinite : 0), 0),
    )
    const groups = users.map((assigned, i) => ({ assigned, exposed: assigned - lost[i]! }))
    return { metric, lost: lost.reduce((a, b) => a + b, 0), test: exposureLossTest(groups) }
  })
  const lossy = found.filter(({ lost }) => lost > 0)
  if (lossy.length === 0) return { check: { kind: 'moot', name }, words: 'no value is missing' }
  const pValue = bonferroniPValue(lossy.map(({ test }) => (test.kind === 'test' ? test.pValue : null)))
  const words = lossy.map(({ metric, lost }) => `${metric}: ${lost} users without a value`).join(', ')
  if (pValue === null) return { check: { kind: 'moot', name }, words: `${words}; too few to test, and to matter` }
  return { check: { kind: 'test', name, pValue, alarm: SAMPLE_RATIO_ALARM }, words }
}

/**
 * Variants must not differ before exposure; smallest p of all metrics and treatments, corrected for their number. Phase by phase, because
 * users who come later have another past. What is the same for everybody of a variant differs for certain where variants do.
 */
function beforeExposure({ compared }: Data): WordedCheck {
  const name = 'no difference before exposure'
  const asked = compared.flatMap((each) => {
    const { columns } = each.summary
    // Of clusters the time before is a ratio of sums, of which the second column is the size.
    const places = columns.users === undefined ? columns.before : columns.before.slice(0, 1)
    return places.map((column) => ({
      name: `${columns.names[column]} (${each.pair.treatment})`,
      effect: differenceIn(each, column),
    }))
  })
  const found = prePeriodTests(asked.map(({ effect }) => effect))
  const tests = found.flatMap((test, i) =>
    test.kind === 'test' ? [{ name: asked[i]!.name, pValue: test.pValue }] : [],
  )
  if (tests.length === 0) return { check: { kind: 'moot', name }, words: 'nothing is known from before exposure' }
  const least = tests.reduce((a, b) => (b.pValue < a.pValue ? b : a))
  const pValue = bonferroniPValue(tests.map((test) => test.pValue))
  const check = { kind: 'test', name, pValue, alarm: PRE_PERIOD_ALARM } as const
  return { check, words: `smallest of ${tests.length}: ${least.name}` }
}

function differenceIn({ summary, pair }: ComparedMetric, column: number): Effect {
  const { names, before, users } = summary.columns
  const own = { names, before: [], covariates: [], numerator: column, denominator: null }
  const [numerator, denominator] = before
  const isRatio = users !== undefined && numerator !== undefined && denominator !== undefined
  const columns = isRatio ? { ...own, numerator, denominator } : own
  const cells = summary.cells.map(({ clusters: _, ...cell }) => cell)
  return compareMetric({ columns, cells }, pair).effect
}

function qualityMetrics(data: Data): readonly WordedCheck[] {
  return data.compared
    .filter(({ metric }) => metric.role === 'quality')
    .map((each) => ({
      check: {
        kind: 'test',
        name: `${each.metric.name} (${each.pair.treatment})`,
        pValue: differencePValue(data, each),
      },
      words: 'must not differ from the control',
    }))
}

/** Of one look where there is one, else of any number of them. */
function differencePValue(data: Data, { tested, looks }: ComparedMetric): number | null {
  const { spec } = data
  const n = looks.at(-1)?.users ?? 0
  if (isReadOnce(data) || n === 0) return effectPValue(tested, { alternative: 'different' })
  const expectedN = plannedUsers(spec) ?? n
  const sequence = confidenceSequence(tested, { n, alpha: spec.alphaDeterioration, expectedN })
  return sequence.kind === 'sequence' ? sequence.pValue : null
}
