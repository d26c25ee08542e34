import { describe, expect, it } from 'vitest'
import { randomFrom } from '../random/index.ts'
import { covers } from '../statistics/testing/calibration.ts'
import { foldsOfUsers } from './cross-fit-folds.ts'
import { doublyRobust, selfNormalisedDoublyRobust } from './doubly-robust.ts'
import type { EstimatorTerms } from './estimator.ts'
import type { EvaluationLog } from './evaluation-log.ts'
import { gainBound } from './gain-bound.ts'
import { importanceSampling, selfNormalisedSampling } from './importance-sampling.ts'
import { importanceWeights } from './importance-weights.ts'
import { differenceTerms, estimateOf, termsOf } from './objective-evaluation.ts'
import { predictRewards } from './predict-rewards.ts'
import { drawWorld, type SegmentWorld, trueValue, WORLD } from './testing/segment-world.ts'
import { clusterUsers, type UserClusters } from './user-clusters.ts'

const LEVEL = 0.95

interface Look {
  readonly log: EvaluationLog
  readonly clusters: UserClusters
  readonly weights: Float64Array
  readonly estimators: Readonly<Record<string, EstimatorTerms>>
  readonly difference: EstimatorTerms
}

/** What `evaluatePolicy` computes of one objective, without what is not calibrated here. */
function lookAt(log: EvaluationLog, key: string): Look {
  const clusters = clusterUsers(log.users)
  const byUser = foldsOfUsers(clusters.count, { folds: 3, seed: key })
  const foldOf = Uint8Array.from(clusters.clusterOf, (user) => byUser[user]!)
  const rewards = log.rewards[0]!.values
  const [predictions] = predictRewards(log, [rewards], { foldOf, folds: 3 })
  const weights = importanceWeights(log)
  const terms = termsOf(log, { weights, rewards, predictions: predictions! })
  const rule = { kind: 'clip', at: Math.sqrt(weights.length) / 2 } as const
  return {
    log,
    clusters,
    weights,
    estimators: {
      dr: doublyRobust(terms, rule),
      snips: selfNormalisedSampling(terms),
      ips: importanceSampling(terms),
      sndr: selfNormalisedDoublyRobust(terms),
    },
    difference: differenceTerms(log, terms, { predictions: predictions!, rule }),
  }
}

/** Shares of runs in which intervals hold the truth, by users and as if decisions were independent. */
function coverage(world: SegmentWorld, { users, runs }: { readonly users: number; readonly runs: number }) {
  const truth = trueValue(world, world.target)
  const gain = truth - trueValue(world, world.logging)
  const byUser: Record<string, number> = {}
  const byDecision: Record<string, number> = {}
  let boundHolds = 0
  const count = (into: Record<string, number>, name: string, holds: boolean | null) => {
    into[name] = (into[name] ?? 0) + (holds === true ? 1 / runs : 0)
  }
  for (let run = 0; run < runs; run++) {
    const log = drawWorld(world, users, randomFrom(`coverage ${run}`))
    const { clusters, estimators, difference, weights } = lookAt(log, `${run}`)
    const alone = clusterUsers(Int32Array.from(log.users, (_, i) => i))
    for (const [name, terms] of Object.entries(estimators)) {
      count(byUser, name, covers(estimateOf(terms, { clusters, level: LEVEL }), truth))
      count(byDecision, name, covers(estimateOf(terms, { clusters: alone, level: LEVEL }), truth))
    }
    count(byUser, 'difference', covers(estimateOf(difference, { clusters, level: LEVEL }), gain))
    const bound = gainBound(
      clusters,
      { weights, gains: log.rewards[0]!.values, low: -3, high: 4 },
      { level: LEVEL, seed: '1' },
    )
    if (bound !== null && bound.difference <= gain) boundHolds += 1 / runs
  }
  return { byUser, byDecision, boundHolds }
}

describe('intervals of off-policy evaluation', () => {
  it('cover as often as they say where users have several decisions; by decision they would not', () => {
    const { byUser, byDecision, boundHolds } = coverage(WORLD, { users: 200, runs: 2500 })
    for (const [name, share] of Object.entries(byUser)) expect(Math.abs(share - LEVEL), name).toBeLessThan(0.01)
    for (const name of ['dr', 'snips', 'sndr']) expect(byDecision[name], name).toBeLessThan(LEVEL - 0.04)
    expect(boundHolds).toBeGreaterThan(0.95)
  })

  it('cover for rewards of 0 and 1', () => {
    const binary = { ...WORLD, isBinary: true, userSpread: 0, means: WORLD.means.map((row) => row.map((p) => p / 4)) }
    const { byUser } = coverage(binary, { users: 300, runs: 1500 })
    for (const [name, share] of Object.entries(byUser)) expect(Math.abs(share - LEVEL), name).toBeLessThan(0.012)
  })
})
