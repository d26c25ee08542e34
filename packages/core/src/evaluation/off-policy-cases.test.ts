import { describe, expect, it } from 'vitest'
import cases from '../../../../spec/cases/off-policy.json' with { type: 'json' }
import { effectInterval } from '../statistics/index.ts'
import { clusteredEffect, clusteredMean } from './clustered.ts'
import { directMethod } from './direct-method.ts'
import { doublyRobust, selfNormalisedDoublyRobust } from './doubly-robust.ts'
import { type EstimatorTerms, estimatorValue, influenceOf, type ObjectiveTerms } from './estimator.ts'
import { importanceSampling, selfNormalisedSampling } from './importance-sampling.ts'
import { importanceWeights } from './importance-weights.ts'
import { slopeChoice } from './slope.ts'
import { clusterUsers } from './user-clusters.ts'
import type { WeightRule } from './weight-rules.ts'

type Case = (typeof cases.cases)[number]

function termsOf({ offsets, chosen, targetPolicy, predictions, rewards, ...rest }: Case): ObjectiveTerms {
  const log = { offsets, chosen, targetPolicy, ...rest, rewards: [{ name: 'r', values: rewards }] }
  const expected = Float64Array.from(chosen, (_, i) => {
    let sum = 0
    for (let k = offsets[i]!; k < offsets[i + 1]!; k++) sum += targetPolicy[k]! * predictions[k]!
    return sum
  })
  return {
    weights: importanceWeights(log),
    rewards,
    predicted: Float64Array.from(chosen, (place, i) => predictions[offsets[i]! + place]!),
    expected,
  }
}

function rulesOf({ clips, shrinks, subGaussians }: Case): Readonly<Record<WeightRule['kind'], readonly WeightRule[]>> {
  return {
    clip: clips.map((at) => ({ kind: 'clip', at })),
    switch: clips.map((at) => ({ kind: 'switch', at })),
    shrink: shrinks.map((lambda) => ({ kind: 'shrink', lambda })),
    subGaussian: subGaussians.map((lambda) => ({ kind: 'subGaussian', lambda })),
  }
}

const KINDS = ['clip', 'switch', 'shrink', 'subGaussian'] as const

describe('off-policy estimators', () => {
  it.each(cases.cases)('agree with Open Bandit Pipeline: $name', (each) => {
    const terms = termsOf(each)
    const { values } = each
    expect(estimatorValue(importanceSampling(terms))).toBeCloseTo(values.ips, 9)
    expect(estimatorValue(selfNormalisedSampling(terms))).toBeCloseTo(values.snips, 9)
    expect(estimatorValue(directMethod(terms))).toBeCloseTo(values.dm, 9)
    expect(estimatorValue(doublyRobust(terms))).toBeCloseTo(values.drUnclipped, 9)
    expect(estimatorValue(selfNormalisedDoublyRobust(terms))).toBeCloseTo(values.sndr, 9)
    const rules = rulesOf(each)
    for (const kind of KINDS)
      rules[kind].forEach((rule, k) => {
        expect(estimatorValue(doublyRobust(terms, rule)), `${kind} ${k}`).toBeCloseTo(values[kind][k]!, 9)
      })
  })

  it.each(cases.cases)('take the parameter that its SLOPE takes: $name', (each) => {
    const terms = termsOf(each)
    const alone = clusterUsers(each.chosen.map((_, i) => i))
    const rules = rulesOf(each)
    for (const kind of KINDS) {
      const choice = slopeChoice(
        rules[kind].map((rule) => {
          const scores = influenceOf(doublyRobust(terms, rule), each.chosen.length)
          const interval = effectInterval(clusteredEffect(clusteredMean(alone, scores), alone), { level: 0.8 })
          if (interval.kind === 'undefined') throw new Error(interval.reason)
          return { value: interval.mean, width: interval.high - interval.mean }
        }),
      )
      const chosen = rules[kind][choice!]!
      expect('at' in chosen ? chosen.at : chosen.lambda, kind).toBe(each.values.slope[kind])
    }
  })

  it.each(cases.cases)('have the clustered standard errors of statsmodels: $name', (each) => {
    const terms = termsOf(each)
    const clusters = clusterUsers(each.users)
    const errorOf = (of: EstimatorTerms): number => {
      const effect = clusteredEffect(clusteredMean(clusters, influenceOf(of, each.chosen.length)), clusters)
      return effect.kind === 'effect' ? effect.stdError : Number.NaN
    }
    const { clusteredErrors } = each
    expect(errorOf(importanceSampling(terms))).toBeCloseTo(clusteredErrors.ips, 9)
    expect(errorOf(selfNormalisedSampling(terms))).toBeCloseTo(clusteredErrors.snips, 9)
    expect(errorOf(directMethod(terms))).toBeCloseTo(clusteredErrors.dm, 9)
    expect(errorOf(doublyRobust(terms))).toBeCloseTo(clusteredErrors.drUnclipped, 9)
  })
})
