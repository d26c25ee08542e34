import { normalQuantile } from '../../numeric/index.ts'
import { randomFrom } from '../../random/index.ts'
import { decideExperiment } from '../decide-experiment.ts'
import type { ExperimentVerdict, TestedMetric } from '../experiment-decision.ts'
import { plannedDrift } from '../planned-test.ts'
import { type TestLevels, testLevels } from '../test-levels.ts'
import type { TestMethod } from '../test-method.ts'

/** Two success metrics, three guardrails and one metric more, all watched for harm; three checks of the data. */
const SUCCESS = 2
const GUARDRAILS = 3
const METRICS = 6
const CHECKS = 3

export const RULE_LEVELS: TestLevels = testLevels({
  treatments: 1,
  success: SUCCESS,
  guardrails: GUARDRAILS,
  deterioration: METRICS,
  quality: CHECKS,
})

/** True effects, as shares of the minimal effect (success) and of the margin (guardrails, −1 being the margin itself). */
export interface RuleScenario {
  readonly success: readonly [number, number]
  readonly guardrails: readonly [number, number, number]
  /** Looks on the way; 1 is a fixed size. */
  readonly looks: number
  /** `disjoint`: metrics and checks fail each in runs of their own, the worst that can be for shipping. */
  readonly dependence: 'independent' | 'disjoint'
}

/** Shares of runs by how they ended; `keepRunning` cannot be an end. */
export type RuleRates = Readonly<Record<ExperimentVerdict, number>>

/** Lives experiments planned for the rule, until it ends them. */
export function ruleRates(
  scenario: RuleScenario,
  { runs, key }: { readonly runs: number; readonly key: string },
): RuleRates {
  const uniform = randomFrom(key)
  const counts: Record<ExperimentVerdict, number> = { invalid: 0, stop: 0, ship: 0, doNotShip: 0, keepRunning: 0 }
  for (let run = 0; run < runs; run++) counts[endOf(scenario, uniform)] += 1 / runs
  return counts
}

const TEST = (looks: number) =>
  looks === 1 ? ({ kind: 'fixed' } as const) : ({ kind: 'groupSequential', looks } as const)
const DRIFTS = new Map<number, { readonly success: number; readonly guardrail: number }>()

/** Drifts of the plan: the minimal effect and the margin in standard errors at the end. */
function driftsOf(looks: number): { readonly success: number; readonly guardrail: number } {
  const { success, guardrail, power } = RULE_LEVELS
  const drift = (alpha: number) => plannedDrift(TEST(looks), { alpha, power }).drift
  const found = DRIFTS.get(looks) ?? { success: drift(success), guardrail: drift(guardrail) }
  DRIFTS.set(looks, found)
  return found
}

function endOf(scenario: RuleScenario, uniform: () => number): ExperimentVerdict {
  const { looks } = scenario
  const path = new Float64Array(METRICS)
  for (let k = 0; k < looks; k++) {
    const steps = drawSteps(scenario, uniform)
    for (let m = 0; m < METRICS; m++) path[m] = path[m]! + steps.normals[m]! / Math.sqrt(looks)
    const isLast = k === looks - 1
    // Checks are made once, at the end: looks on the way would each need their share of the error.
    const quality = steps.checks.map((pValue, i) => ({
      kind: 'test' as const,
      name: `q${i}`,
      pValue: isLast ? pValue : 1,
    }))
    const metrics = metricsAt(scenario, path, (k + 1) / looks)
    const { verdict } = decideExperiment({ treatments: [{ name: 't', metrics }], quality })
    if (verdict !== 'keepRunning') return verdict
  }
  return 'keepRunning'
}

interface Steps {
  readonly normals: readonly number[]
  readonly checks: readonly number[]
}

/** One uniform number shifted by a share of the circle for each test: no two are small together. */
function drawSteps({ dependence }: RuleScenario, uniform: () => number): Steps {
  const first = uniform()
  const draws = Array.from({ length: METRICS + CHECKS }, (_, i) =>
    dependence === 'disjoint' ? (first + i / (METRICS + CHECKS)) % 1 : uniform(),
  )
  return { normals: draws.slice(0, METRICS).map((u) => normalQuantile(u)), checks: draws.slice(METRICS) }
}

/** B(t) / t estimates the drift with standard error 1 / √t. */
function metricsAt(scenario: RuleScenario, path: Float64Array, t: number): readonly TestedMetric[] {
  const drifts = driftsOf(scenario.looks)
  const test = methodAt(scenario.looks, t)
  const effect = (m: number, truth: number) =>
    ({ kind: 'effect', effect: truth + path[m]! / t, stdError: 1 / Math.sqrt(t), dof: null }) as const
  const success = scenario.success.map((share, i) => ({
    name: `s${i}`,
    role: 'success' as const,
    effect: effect(i, share * drifts.success),
    minimalEffect: drifts.success * ROUNDING,
    test,
  }))
  const guardrails = scenario.guardrails.map((share, i) => ({
    name: `g${i}`,
    role: 'guardrail' as const,
    effect: effect(SUCCESS + i, share * drifts.guardrail),
    margin: drifts.guardrail * ROUNDING,
    test,
  }))
  return [...success, ...guardrails, { name: 'd', role: 'deterioration', effect: effect(METRICS - 1, 0), test }]
}

// The planned end has just the standard error that powers it; the last bit must not decide that it has not.
const ROUNDING = 1 + 1e-9

function methodAt(looks: number, t: number): TestMethod {
  if (looks === 1) return { kind: 'fixed', isDue: true }
  const fractions = Array.from({ length: Math.round(t * looks) }, (_, i) => (i + 1) / looks)
  return { kind: 'groupSequential', fractions }
}
