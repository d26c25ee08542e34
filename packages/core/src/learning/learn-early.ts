import { type DelayEvidence, HOUR_MS, type Objective, type PolicyState } from '../domain/index.ts'
import { type DelayCurve, learnDelays, maturity } from './delay-curve.ts'
import { learnOutcomes, type SendResult, sendResultOf } from './learn-sends.ts'
import { traceEdgesHours } from './objective-traces.ts'
import type { MaturedDecision } from './policy-state.ts'
import { observeCohort, startSurrogateTest } from './surrogate-test.ts'

/** Fewer outcomes do not say how long they take. */
const LEAST_OUTCOMES = 30
/** A smaller share of outcomes would be blown up to say anything about the rest. */
const LEAST_SHARE = 0.1
/** Outcomes that make a cohort of the running test. */
const COHORT_OUTCOMES = 30
/** Chance of ever giving up early learning while delays stay as they are. */
const EARLY_ALPHA = 0.05

/** The objective whose sends are learned of early. */
export type EarlyObjective = Objective & { readonly earlyHours: number }

/** Objectives whose sends are learned of before their window has closed. */
export function earlyObjectives(objectives: readonly Objective[]): readonly EarlyObjective[] {
  return objectives.flatMap((objective) => {
    const { earlyHours } = objective
    return earlyHours === undefined ? [] : [{ ...objective, earlyHours }]
  })
}

/** Nothing known of delays. */
export function noDelays(objective: EarlyObjective): DelayEvidence {
  const edges = new Set([...traceEdgesHours(objective), objective.earlyHours])
  const edgesHours = [...edges].sort((a, b) => a - b)
  return {
    edgesHours,
    outcomes: edgesHours.map(() => 0),
    pending: { early: 0, all: 0 },
    test: startSurrogateTest(EARLY_ALPHA),
  }
}

function curveOf({ edgesHours, outcomes }: DelayEvidence): DelayCurve {
  return { edgesHours, outcomes: Float64Array.from(outcomes) }
}

/** When sends are learned of, and which share of their outcomes has come by then. */
export interface LearningAge {
  readonly ageHours: number
  readonly matured: number
  /** Why it is not the early age. */
  readonly reason: 'delays-unknown' | 'too-little-comes-early' | 'delays-changed' | null
}

/** The early age while delays are known and hold; the window otherwise. */
export function learningAge({ earlyHours, windowHours }: EarlyObjective, evidence: DelayEvidence): LearningAge {
  const late = (reason: LearningAge['reason']): LearningAge => ({ ageHours: windowHours, matured: 1, reason })
  if (evidence.test.verdict.kind === 'broken') return late('delays-changed')
  const known = evidence.outcomes.reduce((sum, count) => sum + count, 0)
  const share = known < LEAST_OUTCOMES ? null : maturity(curveOf(evidence), earlyHours)
  if (share === null) return late('delays-unknown')
  if (share.share < LEAST_SHARE) return late('too-little-comes-early')
  return { ageHours: earlyHours, matured: share.share, reason: null }
}

/**
 * Folds decisions whose window has closed into the delays of their sends' first own outcomes, and compares the share that came early with what
 * the delays before had said: early learning is right only while that holds (`surrogate-test`).
 */
export function learnSendDelays(
  evidence: DelayEvidence,
  objective: EarlyObjective,
  decisions: readonly MaturedDecision[],
): DelayEvidence {
  const delays = decisions.flatMap((decision) => firstOutcomeHours(objective, decision))
  const early = delays.filter((delay) => delay < objective.earlyHours).length
  const pending = { early: evidence.pending.early + early, all: evidence.pending.all + delays.length }
  const compared = compare({ ...evidence, pending }, objective)
  return { ...compared, outcomes: [...learnDelays(curveOf(evidence), delays).outcomes] }
}

function compare(evidence: DelayEvidence, objective: EarlyObjective): DelayEvidence {
  const { early, all } = evidence.pending
  if (all < COHORT_OUTCOMES) return evidence
  const none = { ...evidence, pending: { early: 0, all: 0 } }
  const { reason, matured } = learningAge(objective, evidence)
  if (reason !== null) return none
  const before = evidence.outcomes.reduce((sum, count) => sum + count, 0)
  const spread = Math.max(matured * (1 - matured), 1 / before)
  const cohort = { mean: matured, variance: spread / before, outcome: early / all, outcomeVariance: spread / all }
  return { ...none, test: observeCohort(evidence.test, cohort) }
}

/** How long the first outcome that names the send took; none where nothing was sent or came. */
function firstOutcomeHours({ name }: Objective, { at, learning, outcomes }: MaturedDecision): readonly number[] {
  if (learning.sent === null) return []
  const own = outcomes.filter(({ isOwn, values }) => isOwn === true && values[name] !== undefined)
  return own.length === 0 ? [] : [(Math.min(...own.map((outcome) => outcome.at)) - at) / HOUR_MS]
}

/** Folds sends of the learning age into the heads of what sends bring; `decisions` hold the outcomes up to that age alone. */
export function learnEarly(
  heads: PolicyState['heads'],
  objective: EarlyObjective,
  { decisions, matured }: { readonly decisions: readonly MaturedDecision[]; readonly matured: number },
): PolicyState['heads'] {
  const results = decisions.flatMap((decision): readonly SendResult[] => {
    const result = sendResultOf(objective, decision.at, decision)
    return result === null ? [] : [result]
  })
  return learnOutcomes(heads, { name: objective.name, matured }, results)
}

/** Delays times `keep`, as heads forget. */
export function forgetSendDelays(evidence: DelayEvidence, keep: number): DelayEvidence {
  return keep === 1 ? evidence : { ...evidence, outcomes: evidence.outcomes.map((count) => keep * count) }
}
