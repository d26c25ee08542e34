import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HOUR_MS, type Objective } from '../domain/index.ts'
import { randomFrom } from '../random/index.ts'
import { createDelayCurve, type DelayCurve, delayHazards, forgetDelays, learnDelays, maturity } from './delay-curve.ts'
import { type AgeCohort, maturedRate, pendingProbability } from './matured-rate.ts'
import { rewardVector } from './reward-vector.ts'

const EDGES = [1, 6, 24, 72, 168, 336, 672]
const WINDOW = 672

/** Delays with a quick part, a plateau and a late tail: no exponential. */
function drawDelay(random: () => number): number {
  const u = random()
  if (u < 0.4) return 2 * random()
  if (u < 0.7) return 24 + 72 * random()
  return 300 + 372 * random()
}

const curveOf = (delays: number, key: string): DelayCurve => {
  const random = randomFrom(key)
  return learnDelays(
    createDelayCurve(EDGES),
    Array.from({ length: delays }, () => drawDelay(random)),
  )
}

/** A cohort a day for 28 days, of which only what came until now is known. */
function youngCohorts(rate: number, decisions: number, random: () => number): AgeCohort[] {
  return Array.from({ length: 28 }, (_, day) => {
    const ageHours = 24 * (day + 1)
    let outcomes = 0
    for (let i = 0; i < decisions; i++) if (random() < rate && drawDelay(random) < ageHours) outcomes++
    return { ageHours, decisions, outcomes }
  })
}

describe('the delay curve', () => {
  it('is the product of its hazards', () => {
    const curve = curveOf(500, 'hazards')
    let survivors = 1
    delayHazards(curve).forEach((hazard, b) => {
      survivors *= 1 - hazard!
      expect(maturity(curve, EDGES[b]!)!.share).toBeCloseTo(1 - survivors, 12)
    })
  })

  it('agrees with hand-worked shares: linear within a bin, 1 from the window on', () => {
    const curve = learnDelays(createDelayCurve([10, 20]), [3, 12, 19, 25])
    expect(maturity(curve, 5)!.share).toBeCloseTo(1 / 6, 14)
    expect(maturity(curve, 15)!.share).toBeCloseTo(2 / 3, 14)
    expect(maturity(curve, 15)!.standardError).toBeCloseTo(Math.sqrt(2 / 9 / 3), 14)
    expect(maturity(curve, 1000)).toEqual({ share: 1, standardError: 0 })
    expect(delayHazards(curve)).toEqual([1 / 3, 1])
  })

  it('never falls with age, and does not care for the order of delays', () => {
    const delays = fc.array(fc.double({ min: 0, max: 900, noNaN: true }), { minLength: 1, maxLength: 60 })
    fc.assert(
      fc.property(delays, fc.double({ min: 0, max: 700, noNaN: true }), (list, age) => {
        const curve = learnDelays(createDelayCurve(EDGES), list)
        expect(learnDelays(createDelayCurve(EDGES), list.toReversed())).toEqual(curve)
        const now = maturity(curve, age)
        const later = maturity(curve, age + 5)
        expect(now === null).toBe(list.every((delay) => delay >= WINDOW))
        if (now !== null) expect(later!.share).toBeGreaterThanOrEqual(now.share - 1e-12)
      }),
      { seed: 8, numRuns: 200 },
    )
  })

  it('keeps its shape and loses certainty when it forgets', () => {
    const curve = curveOf(400, 'forget')
    const faded = forgetDelays(curve, 0.25)
    expect(maturity(faded, 50)!.share).toBeCloseTo(maturity(curve, 50)!.share, 12)
    expect(maturity(faded, 50)!.standardError).toBeCloseTo(2 * maturity(curve, 50)!.standardError, 12)
  })

  it('refuses edges that fall, delays and ages that cannot be', () => {
    expect(() => createDelayCurve([5, 5])).toThrow('edgesHours[1] must be a finite number > 5, got 5')
    expect(() => createDelayCurve([])).toThrow('edgesHours.length must be ≥ 1, got 0')
    expect(() => learnDelays(createDelayCurve([1]), [-1])).toThrow('delaysHours[0] must be a finite number ≥ 0, got -1')
    expect(() => maturity(createDelayCurve([1]), Number.NaN)).toThrow('ageHours must be ≥ 0, got NaN')
    expect(maturity(createDelayCurve([1]), 1)).toBeNull()
  })
})

describe('the matured rate', () => {
  const RATE = 0.04

  it('is unbiased where the naive rate is not, and its interval covers the truth', () => {
    const rounds = 600
    let [corrected, naive, covered] = [0, 0, 0]
    for (let round = 0; round < rounds; round++) {
      const curve = curveOf(800, `curve ${round}`)
      const cohorts = youngCohorts(RATE, 60, randomFrom(`cohorts ${round}`))
      const result = maturedRate(curve, cohorts)
      if (result.kind !== 'rate') throw new Error(result.reason)
      corrected += result.rate / rounds
      naive += cohorts.reduce((sum, { outcomes }) => sum + outcomes, 0) / (28 * 60) / rounds
      if (Math.abs(result.rate - RATE) < 1.96 * result.standardError) covered++
    }
    // Standard error of the mean of 600 rounds: 0.0003.
    expect(Math.abs(corrected - RATE)).toBeLessThan(0.001)
    expect(naive).toBeLessThan(0.8 * RATE)
    expect(Math.abs(covered / rounds - 0.95)).toBeLessThan(0.03)
  })

  it('knows that a curve of few outcomes is itself in doubt', () => {
    const cohorts = youngCohorts(0.3, 4000, randomFrom('doubt')).slice(0, 4)
    const [few, many] = [20, 20_000].map((delays) => maturedRate(curveOf(delays, 'few'), cohorts))
    if (few?.kind !== 'rate' || many?.kind !== 'rate') throw new Error('no rate')
    expect(few.standardError).toBeGreaterThan(5 * many.standardError)
  })

  it('covers with a curve of forty outcomes too', () => {
    const rounds = 500
    let covered = 0
    for (let round = 0; round < rounds; round++) {
      const cohorts = youngCohorts(0.2, 400, randomFrom(`short ${round}`)).slice(0, 7)
      const result = maturedRate(curveOf(40, `short curve ${round}`), cohorts)
      if (result.kind === 'rate' && Math.abs(result.rate - 0.2) < 1.96 * result.standardError) covered++
    }
    expect(Math.abs(covered / rounds - 0.95)).toBeLessThan(0.04)
  })

  it('is the plain rate once all cohorts have matured', () => {
    const result = maturedRate(curveOf(50, 'old'), [{ ageHours: 700, decisions: 200, outcomes: 30 }])
    expect(result).toEqual({ kind: 'rate', rate: 0.15, standardError: Math.sqrt((0.15 * 0.85) / 200) })
  })

  it('says why there is none', () => {
    const cohort = { ageHours: 3, decisions: 10, outcomes: 1 }
    expect(maturedRate(createDelayCurve([1]), [cohort])).toEqual({ kind: 'undefined', reason: 'no-delays-known' })
    const late = learnDelays(createDelayCurve([1, 100]), [50])
    expect(maturedRate(late, [{ ageHours: 0.5, decisions: 10, outcomes: 0 }])).toEqual({
      kind: 'undefined',
      reason: 'nothing-matured',
    })
    expect(() => maturedRate(late, [{ ...cohort, outcomes: 11 }])).toThrow(
      'cohorts[0].outcomes must be in [0, 10], got 11',
    )
  })

  it('leaves to a young decision what may still come', () => {
    expect(pendingProbability(0.2, 0)).toBeCloseTo(0.2, 14)
    expect(pendingProbability(0.2, 1)).toBe(0)
    expect(pendingProbability(0.5, 0.5)).toBeCloseTo(1 / 3, 14)
    expect(() => pendingProbability(1.2, 0)).toThrow('rate must be in [0, 1], got 1.2')
  })
})

describe('the reward vector', () => {
  const AT = 1_781_085_600_000
  const visits: Objective = {
    name: 'visit',
    events: ['Visited'],
    aggregate: 'sum',
    windowHours: 72,
    unit: 'visits',
    weight: 1,
  }
  const visit = (hours: number) => ({
    at: AT + hours * HOUR_MS,
    name: 'Visited',
    values: { visit: 1 },
    reachLoss: null,
    channel: null,
  })

  it('counts outcomes up to each horizon and says which are final', () => {
    const vector = rewardVector(visits, [visit(0.5), visit(30), visit(200), visit(-1)], {
      decidedAt: AT,
      now: AT + 170 * HOUR_MS,
    })
    expect(vector.map(({ reward }) => reward)).toEqual([1, 1, 2, 2, 2])
    expect(vector.map(({ isMature }) => isMature)).toEqual([true, true, true, false, false])
  })

  it('is the same whatever the order in which outcomes are told', () => {
    const outcomes = [visit(700), visit(2), visit(23.9), visit(24)]
    const times = { decidedAt: AT, now: AT + 1000 * HOUR_MS }
    expect(rewardVector(visits, outcomes.toReversed(), times)).toEqual(rewardVector(visits, outcomes, times))
    expect(rewardVector(visits, outcomes, times).map(({ reward }) => reward)).toEqual([0, 2, 3, 3, 4])
  })
})
