import { describe, expect, it } from 'vitest'
import { type AdaptiveRow, adaptiveEffect } from './adaptive-effect.ts'
import { clusterEffect, randomisationTest } from './cluster-effect.ts'
import { complierEffect, fiellerInterval } from './complier-effect.ts'
import { incidenceInterval } from './cumulative-incidence.ts'
import { effectPValue } from './effect-interval.ts'
import { funnelDecomposition } from './funnel-decomposition.ts'
import { interactionEffect } from './interaction-effect.ts'
import { meanEffect } from './mean-effect.ts'
import { momentsOf } from './moments.ts'
import { noveltySlope } from './novelty-slope.ts'
import { eventQuantileSample, quantileDifference, quantileInterval, quantileSample } from './quantile-effect.ts'
import { restrictedMeanDifference } from './restricted-mean.ts'
import { segmentDecomposition } from './segment-decomposition.ts'
import { survivalInterval, survivalTable } from './survival-curve.ts'
import {
  covers,
  effectCovers,
  exponentialDraw,
  normalDraw,
  poissonDraw,
  repeat,
  shareOf,
} from './testing/calibration.ts'
import { columnMoments } from './testing/column-moments.ts'
import { vectorMomentsOf } from './vector-moments.ts'

// Of 4,000 runs a share of .95 has a standard error of .0034.
const RUNS = 4000
const NOMINAL = 0.01

type Random = () => number

describe('coverage of 95 % intervals', () => {
  it.each([
    [6, 9],
    [5, 20],
    [30, 40],
  ])('of %i clusters against %i, of very different size', (a, b) => {
    const clusters = (count: number, random: Random) =>
      repeat(count, () => {
        const units = 5 + Math.floor(40 * random())
        const level = 0.5 * normalDraw(random)
        return { sum: units * level + Math.sqrt(units) * normalDraw(random), units }
      })
    const { share } = shareOf(`clusters ${a}`, RUNS, (random) => {
      return effectCovers(clusterEffect(clusters(a, random), clusters(b, random)), 0)
    })
    expect(Math.abs(share - 0.95)).toBeLessThan(NOMINAL)
  })

  it('of few clusters by drawing the assignment anew', () => {
    const { share } = shareOf('randomised', 2000, (random) => {
      const rows = (n: number) => repeat(n, () => ({ sum: exponentialDraw(random), units: 1 }))
      const found = randomisationTest({ treatment: rows(4), control: rows(6) }, { random, draws: 199 })
      return found!.pValue <= 0.05
    })
    expect(Math.abs(share - 0.05)).toBeLessThan(NOMINAL)
  })

  it('of a median and of its difference', () => {
    const one = shareOf('median', RUNS, (random) => {
      return covers(
        quantileInterval(
          quantileSample(
            repeat(201, () => exponentialDraw(random)),
            0.5,
          ),
          0.95,
        ),
        Math.LN2,
      )
    })
    expect(Math.abs(one.share - 0.95)).toBeLessThan(NOMINAL)
    const difference = (sizes: readonly number[]) =>
      shareOf(`medians ${sizes}`, RUNS, (random) => {
        const samples = sizes.map((n) => {
          const values = repeat(n, () => exponentialDraw(random))
          return quantileSample(values, 0.5)
        })
        return covers(quantileDifference(samples[0]!, samples[1]!, 0.95), 0)
      }).share
    expect(Math.abs(difference([1000, 1000]) - 0.95)).toBeLessThan(NOMINAL)
    // Gaps between values add to the spread of the bootstrap, by .8 / √(N / 4) of the variance.
    expect(Math.abs(difference([80, 240]) - 0.963)).toBeLessThan(NOMINAL)
  })

  it('of a 90 % quantile of events that users share', () => {
    // Level of a user uniform, every event that level plus noise of width .1: the 90 % quantile is .9 + .05 − small.
    const users = (n: number, random: Random) =>
      repeat(n, () => {
        const level = random()
        return repeat(1 + poissonDraw(random, 4), () => level + 0.1 * random())
      })
    const { share } = shareOf('events', 2500, (random) => {
      return covers(quantileInterval(eventQuantileSample(users(250, random), 0.9), 0.95), 0.95)
    })
    expect(Math.abs(share - 0.95)).toBeLessThan(0.012)
  })

  it('of a quantile of many events of few users, on either side', () => {
    // Level uniform plus noise of width .05, whose 90 % quantile is .925; standard error of a share at 800 runs: .008.
    const users = (n: number, random: Random) =>
      repeat(n, () => {
        const level = random()
        return repeat(30, () => level + 0.05 * random())
      })
    const sides = (['low', 'high'] as const).map((side) =>
      shareOf('few users', 800, (random) => {
        const found = quantileInterval(eventQuantileSample(users(100, random), 0.9), 0.9)
        if (found.kind === 'undefined') throw new Error(found.reason)
        return side === 'low' ? found.low > 0.925 : found.high < 0.925
      }),
    )
    for (const { share } of sides) expect(Math.abs(share - 0.05)).toBeLessThan(0.025)
  })

  it('of survival, restricted means and competing causes', () => {
    const rows = (n: number, random: Random) =>
      repeat(n, () => {
        const [event, leave] = [exponentialDraw(random), 2.5 * exponentialDraw(random)]
        const time = Math.min(event, leave, 3)
        return { time, cause: event > Math.min(leave, 3) ? 0 : random() < 0.6 ? 1 : 2 }
      })
    const tables = (random: Random) => [150, 300].map((n) => survivalTable(rows(n, random)))
    const curve = shareOf('survival', RUNS, (random) =>
      covers(survivalInterval(tables(random)[0]!, 1, 0.95), Math.exp(-1)),
    )
    expect(Math.abs(curve.share - 0.95)).toBeLessThan(NOMINAL)
    const difference = shareOf('rmst', RUNS, (random) => {
      const [a, b] = tables(random)
      return effectCovers(restrictedMeanDifference(a!, b!, 2), 0)
    })
    expect(Math.abs(difference.share - 0.95)).toBeLessThan(NOMINAL)
    const incidence = shareOf('incidence', RUNS, (random) => {
      const options = { cause: 1, time: 1, level: 0.95 }
      return covers(incidenceInterval(tables(random)[0]!, options), 0.6 * (1 - Math.exp(-1)))
    })
    expect(Math.abs(incidence.share - 0.95)).toBeLessThan(NOMINAL)
  })

  it('of a bandit that follows the better arm, where plain means are biased', () => {
    let bias = 0
    const draw = (random: Random) => {
      const sums = { treatment: { n: 0, mean: 0 }, control: { n: 0, mean: 0 } }
      const rows: AdaptiveRow[] = repeat(800, (t) => {
        const lead = sums.treatment.mean > sums.control.mean ? 0.9 : 0.1
        const treatmentChance = t < 20 ? 0.5 : lead
        const chosen = random() < treatmentChance ? 'treatment' : 'control'
        const outcome = normalDraw(random)
        sums[chosen].n += 1
        sums[chosen].mean += (outcome - sums[chosen].mean) / sums[chosen].n
        return { chosen, treatmentChance, controlChance: 1 - treatmentChance, outcome }
      })
      bias += sums.control.mean / 2500
      return effectCovers(adaptiveEffect(rows).effect, 0)
    }
    const { share } = shareOf('bandit', 2500, draw)
    expect(Math.abs(share - 0.95)).toBeLessThan(0.012)
    expect(bias).toBeLessThan(-0.01)
  })

  it('of compliers, by the delta method where compliance is strong and by Fieller anywhere', () => {
    const arm = (n: number, chance: number, random: Random) =>
      vectorMomentsOf(
        repeat(n, () => {
          const type = random()
          const got = type < chance ? 1 : 0
          return [2 * type + got + normalDraw(random), got]
        }),
        2,
      )
    // The effect of receipt is 1 for everybody.
    const strong = shareOf('strong', RUNS, (random) => {
      const found = complierEffect({ treatment: arm(200, 0.7, random), control: arm(300, 0.1, random) })
      return effectCovers(found.effect, 1)
    })
    expect(Math.abs(strong.share - 0.95)).toBeLessThan(NOMINAL)
    let unbounded = 0
    const weak = shareOf('weak', RUNS, (random) => {
      const found = complierEffect({ treatment: arm(200, 0.16, random), control: arm(300, 0.1, random) })
      const interval = fiellerInterval(found, 0.95)
      if (interval.kind === 'undefined') unbounded++
      return interval.kind === 'undefined' ? isInFieller(found, 1) : covers(interval, 1)
    })
    expect(unbounded).toBeGreaterThan(RUNS / 20)
    expect(Math.abs(weak.share - 0.95)).toBeLessThan(NOMINAL)
  })

  it('of mix, rate and funnel steps', () => {
    const rates = shareOf('kitagawa', RUNS, (random) => {
      const arm = (n: number) => {
        const [young, old]: [number[], number[]] = [[], []]
        for (let i = 0; i < n; i++) {
          if (random() < 0.3) young.push(exponentialDraw(random))
          else old.push(3 * exponentialDraw(random))
        }
        return [momentsOf(young), momentsOf(old)]
      }
      const [a, b] = [arm(200), arm(500)]
      const found = segmentDecomposition([0, 1].map((s) => ({ segment: `${s}`, treatment: a![s]!, control: b![s]! })))
      return found.kind === 'decomposition' ? effectCovers(found.mix, 0) && effectCovers(found.rate, 0) : null
    })
    // Mix and rate are independent: both hold with .95².
    expect(Math.abs(rates.share - 0.95 ** 2)).toBeLessThan(0.015)
    const funnel = shareOf('funnel', RUNS, (random) => {
      const arm = (n: number, open: number) =>
        vectorMomentsOf(
          repeat(n, () => {
            const sent = 1 + poissonDraw(random, 2)
            const opened = repeat(sent, () => (random() < open ? 1 : 0)).filter((x) => x === 1).length
            return [sent, opened]
          }),
          2,
        )
      const found = funnelDecomposition({ treatment: arm(200, 0.5), control: arm(400, 0.4) }, [0, 1])
      return found.kind === 'decomposition' ? effectCovers(found.steps[1]!, 0.3) : null
    })
    expect(Math.abs(funnel.share - 0.95)).toBeLessThan(NOMINAL)
  })

  it('of interactions, which are found at the power that was planned', () => {
    const interaction = (random: Random, size: number) => {
      const cell = (both: number) => columnMoments(repeat(250, () => both + exponentialDraw(random)))
      const effect = (both: number) => meanEffect({ treatment: cell(both), control: cell(0), covariates: [] })
      return interactionEffect(effect(size), effect(0)).interaction
    }
    const rejects = (random: Random, size: number) =>
      effectPValue(interaction(random, size), { alternative: 'different' })! < 0.05
    const none = shareOf('no interaction', RUNS, (random) => rejects(random, 0))
    expect(Math.abs(none.share - 0.05)).toBeLessThan(NOMINAL)
    // Four cells of 250 with variance 1: standard error √(4 / 250); 2.8016 of them are found with 80 %.
    const planned = shareOf('interaction', RUNS, (random) => rejects(random, 2.8016 * Math.sqrt(4 / 250)))
    expect(Math.abs(planned.share - 0.8)).toBeLessThan(0.02)
  })

  it('of a slope over days that users share', () => {
    const { share } = shareOf('novelty', RUNS, (random) => {
      const arm = (n: number, lift: number) =>
        vectorMomentsOf(
          repeat(n, () => {
            const level = exponentialDraw(random)
            return repeat(5, (day) => level + lift * (4 - day) + exponentialDraw(random))
          }),
          5,
        )
      const days = [0, 1, 2, 3, 4]
      const arms = { treatment: arm(80, 0.1), control: arm(200, 0) }
      return effectCovers(noveltySlope(arms, { columns: days, days }).slope, -0.1)
    })
    expect(Math.abs(share - 0.95)).toBeLessThan(NOMINAL)
  })
})

/** Whether a value is among the ratios that Fieller's test does not reject, be the set bounded or not. */
function isInFieller(
  { compliance, intentToTreat, covariance }: ReturnType<typeof complierEffect>,
  ratio: number,
): boolean {
  if (compliance.kind !== 'effect' || intentToTreat.kind !== 'effect') return false
  const distance = intentToTreat.effect - ratio * compliance.effect
  const variance = intentToTreat.stdError ** 2 + ratio ** 2 * compliance.stdError ** 2 - 2 * ratio * (covariance ?? 0)
  return distance ** 2 <= 1.96 ** 2 * variance
}
