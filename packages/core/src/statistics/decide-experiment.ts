import type {
  ExperimentDecision,
  ExperimentEvidence,
  ExperimentVerdict,
  MetricResult,
  QualityCheck,
  TestedTreatment,
  TreatmentDecision,
  VerdictReason,
} from './experiment-decision.ts'
import { checkMetric, metricResult } from './metric-result.ts'
import { reasonFor } from './reason-words.ts'
import { type TestLevels, testLevels } from './test-levels.ts'
import { isOver } from './test-method.ts'

/**
 * The verdict on an experiment with several metrics (Schultzberg, Ankargren & Frånberg 2024, arXiv 2402.11609, with
 * deterioration and quality tests), in this order: a quality check fails → `invalid`; a metric deteriorated → `stop`; all
 * guardrails non-inferior and at least one success metric superior (without success metrics: all guardrails) → `ship`;
 * every success metric and guardrail powered, or all tests over → `doNotShip`; else `keepRunning`. Levels come from
 * `testLevels`; the intervals of the result are those the tests invert to, so what is shown and what is decided
 * cannot disagree. A metric without an effect never passes and is never powered; a quality check that could not be made
 * keeps a treatment from shipping; both are said in the reasons. The whole: `invalid` first, then `ship` if a treatment
 * ships, `keepRunning` if one goes on, `stop` if all have harmed, else `doNotShip`. Assumes metrics and margins fixed
 * beforehand. Throws a RangeError for no treatment, differing metrics, a name twice, a margin or minimal effect ≤ 0.
 */
export function decideExperiment(input: ExperimentEvidence): ExperimentDecision {
  checkTreatments(input.treatments)
  const levels = levelsOf(input)
  const quality = qualityReasons(input.quality, levels)
  const isInvalid = quality.some(({ code }) => code === 'quality-failed')
  const treatments = input.treatments.map((treatment) => decideTreatment(treatment, { levels, quality, isInvalid }))
  return {
    verdict: isInvalid ? 'invalid' : overallVerdict(treatments),
    levels,
    ships: treatments.filter(({ verdict }) => verdict === 'ship').map(({ name }) => name),
    treatments,
    reasons: [...quality, ...treatments.flatMap(({ reasons }) => reasons)],
  }
}

function levelsOf({ treatments, quality, errors, effectiveSuccess }: ExperimentEvidence): TestLevels {
  const metrics = treatments[0]?.metrics ?? []
  const count = (role: string) => metrics.filter((metric) => metric.role === role).length
  const success = count('success')
  const counts = {
    treatments: treatments.length,
    success: success === 0 ? 0 : Math.min(success, effectiveSuccess ?? success),
    guardrails: count('guardrail'),
    deterioration: metrics.filter(({ monitoring }) => monitoring !== null).length,
    quality: quality.filter(({ kind }) => kind !== 'fact').length,
  }
  return testLevels(counts, errors)
}

function checkTreatments(treatments: readonly TestedTreatment[]): void {
  const names = namesOf(treatments[0])
  if (names === undefined) throw new RangeError('treatments must not be empty')
  if (new Set(names).size < names.length)
    throw new RangeError(`metrics must have names of their own, got ${names.join(', ')}`)
  for (const treatment of treatments) {
    const own = namesOf(treatment) ?? []
    if (own.join('\n') !== names.join('\n')) {
      throw new RangeError(`metrics of ${treatment.name} must be ${names.join(', ')}, got ${own.join(', ')}`)
    }
    treatment.metrics.forEach(checkMetric)
  }
}

function namesOf(treatment: TestedTreatment | undefined): readonly string[] | undefined {
  return treatment?.metrics.map(({ name }) => name)
}

function qualityReasons(checks: readonly QualityCheck[], levels: TestLevels): readonly VerdictReason[] {
  return checks.flatMap((check) => {
    const about = { treatment: null, name: check.name }
    if (check.kind === 'fact') return check.isBroken ? [reasonFor('quality-failed', about)] : []
    if (check.kind === 'moot') return []
    if (check.pValue === null || Number.isNaN(check.pValue)) return [reasonFor('quality-unknown', about)]
    return check.pValue < Math.max(levels.monitoring, check.alarm ?? 0) ? [reasonFor('quality-failed', about)] : []
  })
}

interface Circumstances {
  readonly levels: TestLevels
  readonly quality: readonly VerdictReason[]
  readonly isInvalid: boolean
}

function decideTreatment(treatment: TestedTreatment, { levels, quality, isInvalid }: Circumstances): TreatmentDecision {
  const { name } = treatment
  const early = treatment.metrics.map((metric) => metricResult(metric, levels, false))
  const found = isPoweredAll(early) ? treatment.metrics.map((metric) => metricResult(metric, levels, true)) : early
  if (isInvalid) {
    const metrics = found.map((metric) => ({ ...metric, verdict: 'unreliable' as const }))
    return { name, verdict: 'invalid', metrics, reasons: [] }
  }
  const isEnded = treatment.metrics.every(({ role, test }) => role === 'deterioration' || isOver(test))
  const { verdict, reasons } = judge(name, found, { isEnded, isCleared: quality.length === 0 })
  return { name, verdict, metrics: found, reasons: [...reasons, ...notesOn(name, found)] }
}

/** Whether tests of fixed power are due: something was planned, and all of it is powered. */
function isPoweredAll(metrics: readonly MetricResult[]): boolean {
  const planned = metrics.filter(({ isPowered }) => isPowered !== null)
  return planned.length > 0 && planned.every(({ isPowered }) => isPowered)
}

interface Standing {
  readonly isEnded: boolean
  readonly isCleared: boolean
}

function judge(
  treatment: string,
  metrics: readonly MetricResult[],
  { isEnded, isCleared }: Standing,
): { readonly verdict: ExperimentVerdict; readonly reasons: readonly VerdictReason[] } {
  const harmed = metrics.filter(({ hasDeteriorated }) => hasDeteriorated)
  if (harmed.length > 0) return { verdict: 'stop', reasons: reasonsAbout('deteriorated', treatment, harmed) }
  const tested = metrics.filter(({ role }) => role !== 'deterioration')
  const whole = { treatment, name: null }
  if (tested.length === 0) return { verdict: 'keepRunning', reasons: [reasonFor('no-decision-metric', whole)] }
  const reasons = findings(treatment, tested)
  if (mayShip(tested)) return { verdict: isCleared ? 'ship' : 'keepRunning', reasons }
  // What has not been tested at this look cannot have failed it; the notes say which.
  if (tested.some(({ effect, interval }) => effect.kind === 'effect' && interval === null)) {
    return { verdict: 'keepRunning', reasons }
  }
  const open = tested.filter(({ isPowered }) => isPowered !== true)
  if (open.length === 0) return { verdict: 'doNotShip', reasons: [...reasons, reasonFor('powered', whole)] }
  const why = reasonsAbout(isEnded ? 'ended-underpowered' : 'not-powered', treatment, open)
  return { verdict: isEnded ? 'doNotShip' : 'keepRunning', reasons: [...reasons, ...why] }
}

function mayShip(tested: readonly MetricResult[]): boolean {
  const success = tested.filter(({ role }) => role === 'success')
  const passes = tested.every(({ isNonInferior }) => isNonInferior !== false)
  return passes && (success.length === 0 || success.some(({ isSuperior }) => isSuperior))
}

/** What success metrics and guardrails say. */
function findings(treatment: string, tested: readonly MetricResult[]): readonly VerdictReason[] {
  const success = tested.filter(({ role }) => role === 'success')
  const guardrails = tested.filter(({ role }) => role === 'guardrail')
  const superior = success.filter(({ isSuperior }) => isSuperior)
  const open = guardrails.filter(({ isNonInferior }) => isNonInferior === false)
  const whole = { treatment, name: null }
  const reasons = [
    ...reasonsAbout('superior', treatment, superior),
    ...reasonsAbout('guardrail-not-passed', treatment, open),
  ]
  if (success.length > 0 && superior.length === 0) reasons.push(reasonFor('not-superior', whole))
  if (guardrails.length > 0 && open.length === 0) reasons.push(reasonFor('guardrails-passed', whole))
  return reasons
}

function reasonsAbout(
  code: VerdictReason['code'],
  treatment: string,
  metrics: readonly MetricResult[],
): readonly VerdictReason[] {
  return metrics.map(({ name }) => reasonFor(code, { treatment, name }))
}

/** What the rule could not use, metric by metric: never left out in silence. */
function notesOn(treatment: string, metrics: readonly MetricResult[]): readonly VerdictReason[] {
  return metrics.flatMap((metric) => {
    const about = { treatment, name: metric.name }
    if (metric.effect.kind === 'undefined') return [reasonFor('metric-undefined', about)]
    const notes: VerdictReason[] = []
    if (metric.role !== 'deterioration' && metric.interval === null) notes.push(reasonFor('no-test-now', about))
    if (metric.monitoringInterval === null) notes.push(reasonFor('not-monitored', about))
    if (metric.role === 'success' && metric.isPowered === null) notes.push(reasonFor('no-minimal-effect', about))
    return notes
  })
}

function overallVerdict(treatments: readonly TreatmentDecision[]): ExperimentVerdict {
  const has = (verdict: ExperimentVerdict) => treatments.some((treatment) => treatment.verdict === verdict)
  if (has('ship')) return 'ship'
  if (has('keepRunning')) return 'keepRunning'
  return has('doNotShip') ? 'doNotShip' : 'stop'
}
