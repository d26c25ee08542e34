import { describe, expect, it } from 'vitest'
import cases from '../../../../spec/cases/off-policy-units.json' with { type: 'json' }
import { doublyRobust } from './doubly-robust.ts'
import { type EstimatorTerms, estimatorValue } from './estimator.ts'
import { weightedByLogger } from './evaluate-loggers.ts'
import { momentScores } from './evaluate-moments.ts'
import { slateScores } from './evaluate-slates.ts'
import { trajectoryScores } from './evaluate-trajectories.ts'
import type { EvaluationLog } from './evaluation-log.ts'
import { importanceSampling } from './importance-sampling.ts'
import { importanceWeights } from './importance-weights.ts'
import { type KernelName, kernelWeights } from './kernel.ts'
import { balancedLog } from './loggers.ts'
import { termsOf } from './objective-evaluation.ts'
import { prefixWeights } from './step-estimators.ts'

const ratio = (target: readonly number[], logging: readonly number[]) =>
  Float64Array.from(target, (p, k) => p / logging[k]!)

const meanOf = (scores: Float64Array | null) => scores!.reduce((sum, score) => sum + score, 0) / scores!.length

describe('slate estimators', () => {
  it.each(cases.slates)('agree with Open Bandit Pipeline: $name', (each) => {
    const found = slateScores(each, {
      rewards: each.rewards,
      weights: {
        joint: ratio(each.jointTarget, each.joint),
        position: ratio(each.positionTarget, each.position),
        prefix: ratio(each.prefixTarget, each.prefix),
      },
      predictions: each,
    }).filter(({ name }) => name !== 'snCascadeDr')
    const values: Readonly<Record<string, number>> = each.values
    for (const { name, scores } of found) expect(meanOf(scores), name).toBeCloseTo(values[name]!, 9)
    expect(found).toHaveLength(Object.keys(values).length)
  })
})

describe('estimators of several loggers', () => {
  it.each(cases.loggers)('agree with Open Bandit Pipeline: $name', (each) => {
    const { loggers: indices, chosen, propensities, byLogger, targetPolicy, rewards, predictions, values } = each
    const width = targetPolicy.length / chosen.length
    const log: EvaluationLog = {
      offsets: Array.from({ length: chosen.length + 1 }, (_, i) => i * width),
      chosen,
      propensities,
      targetPolicy,
      users: chosen.map((_, i) => i),
      rewards: [{ name: 'r', values: rewards }],
      loggers: { indices, names: byLogger.map((_, j) => `${j}`), chosenProbabilities: byLogger },
    }
    const terms = (of: EvaluationLog) => termsOf(of, { weights: importanceWeights(of), rewards, predictions })
    const [naive, balanced] = [terms(log), terms(balancedLog(log))]
    const weighted = (of: EstimatorTerms) => estimatorValue(weightedByLogger(of, naive, log.loggers!)!)
    expect(estimatorValue(importanceSampling(naive))).toBeCloseTo(values.naiveIps, 9)
    expect(estimatorValue(doublyRobust(naive))).toBeCloseTo(values.naiveDr, 9)
    expect(estimatorValue(importanceSampling(balanced))).toBeCloseTo(values.balancedIps, 9)
    expect(estimatorValue(doublyRobust(balanced))).toBeCloseTo(values.balancedDr, 9)
    expect(weighted(importanceSampling(naive))).toBeCloseTo(values.weightedIps, 9)
    expect(weighted(doublyRobust(naive))).toBeCloseTo(values.weightedDr, 9)
  })
})

describe('estimators of trajectories', () => {
  it.each(cases.trajectories)('agree with what is written out user by user: $name', (each) => {
    const { offsets, discounts } = each
    const discounted = (column: readonly number[]) => Float64Array.from(column, (value, k) => value * discounts[k]!)
    const found = trajectoryScores(
      { offsets, weights: prefixWeights(offsets, Float64Array.from(each.ratios)), rewards: discounted(each.rewards) },
      { predicted: discounted(each.predicted), expected: discounted(each.expected) },
    )
    const values: Readonly<Record<string, number>> = each.values
    for (const { name, scores } of found) expect(meanOf(scores), name).toBeCloseTo(values[name]!, 9)
    expect(found).toHaveLength(Object.keys(values).length)
  })
})

describe('kernel estimators of moments', () => {
  it.each(cases.moments)('agree with Open Bandit Pipeline: $name', (each) => {
    const { logged, target, rewards, predictions, bandwidth } = each
    const columns = { moments: logged, targets: target, densities: each.densities }
    const weights = kernelWeights(columns, { kernel: each.kernel as KernelName, bandwidth, period: null })
    const predicted = Float64Array.from(predictions)
    const found = momentScores({ weights, rewards, predicted, expected: predicted })
    const values: Readonly<Record<string, number>> = each.values
    for (const { name, scores } of found) if (name in values) expect(meanOf(scores), name).toBeCloseTo(values[name]!, 9)
  })
})
