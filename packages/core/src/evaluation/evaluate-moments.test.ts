import { describe, expect, it } from 'vitest'
import { randomFrom } from '../random/index.ts'
import { covers, normalDraw } from '../statistics/testing/calibration.ts'
import { evaluateMoments, type MomentEvaluation, type MomentLog } from './evaluate-moments.ts'
import { KERNELS, kernelAt, kernelWeights } from './kernel.ts'

const PERIOD = 24
const meanReward = (hour: number, likesEvening: number) =>
  Math.cos((2 * Math.PI * (hour - (likesEvening ? 20 : 8))) / PERIOD)

/** Messages whose hour was drawn over the whole day; the target sends everybody within half an hour of what he likes best. */
function drawMoments(key: string, messages: number): MomentLog {
  const random = randomFrom(key)
  const [moments, targets, users, values, context] = Array.from({ length: 5 }, (): number[] => [])
  let [effect, likes] = [0, 0]
  for (let i = 0; i < messages; i++) {
    if (i % 2 === 0) [effect, likes] = [0.3 * normalDraw(random), Number(random() < 0.5)]
    const hour = PERIOD * random()
    moments!.push(hour)
    targets!.push(((likes ? 20 : 8) + random() - 0.5 + PERIOD) % PERIOD)
    users!.push(i >> 1)
    values!.push(meanReward(hour, likes) + effect + 0.3 * normalDraw(random))
    context!.push(likes)
  }
  return {
    moments: moments!,
    targets: targets!,
    densities: moments!.map(() => 1 / PERIOD),
    users: users!,
    rewards: [{ name: 'visit', values: values! }],
    context: { width: 1, values: context! },
  }
}

// Of cos over ± half an hour.
const TRUTH = Math.sin((2 * Math.PI * 0.5) / PERIOD) / ((2 * Math.PI * 0.5) / PERIOD)
const QUICK = { seed: '1', period: PERIOD }
const estimateBy = (found: MomentEvaluation, name: string) =>
  found.objectives[0]!.estimators.find((each) => each.name === name)!.estimate

describe('kernels', () => {
  it.each(KERNELS)('%s has integral 1', (kernel) => {
    let sum = 0
    for (let u = -8; u < 8; u += 0.001) sum += 0.001 * kernelAt(kernel, u)
    expect(sum).toBeCloseTo(1, 3)
  })

  it.each(KERNELS)('%s goes the short way round a circle, and weights average 1 there', (kernel) => {
    const one = (moment: number, target: number, period: number | null) =>
      kernelWeights({ moments: [moment], targets: [target], densities: [1] }, { kernel, bandwidth: 2, period })[0]!
    expect(one(23.5, 0.5, 24)).toBeCloseTo(one(12, 13, 24), 9)
    expect(one(23.5, 0.5, null)).toBeLessThan(1e-6)
    let sum = 0
    for (let k = 0; k < 2400; k++) sum += one(k / 100, 5, 24) / 100
    expect(sum).toBeCloseTo(1, 4)
  })
})

describe('moments of messages', () => {
  it('are valued around where the target would send, across midnight too', () => {
    const log = drawMoments('value', 6000)
    const found = evaluateMoments(log, QUICK)
    expect(found.status).toBe('evaluated')
    expect(found.bandwidth.isTuned).toBe(true)
    expect(Math.abs(found.objectives[0]!.value.mean! - TRUTH)).toBeLessThan(0.06)
    expect(found.objectives[0]!.difference.mean!).toBeGreaterThan(0.8)
    // The whole day twelve hours on: every distance as it was, but other messages lie across midnight.
    const turned = {
      ...log,
      moments: Array.from(log.moments, (hour) => (hour + 12) % PERIOD),
      targets: Array.from(log.targets, (hour) => (hour + 12) % PERIOD),
    }
    const fixed = { ...QUICK, bandwidth: 2 }
    expect(estimateBy(evaluateMoments(turned, fixed), 'ips').mean).toBeCloseTo(
      estimateBy(evaluateMoments(log, fixed), 'ips').mean!,
      9,
    )
  })

  it('are too low at a peak by what the bandwidth takes from its slopes, and that is told', () => {
    const log = drawMoments('bias', 20_000)
    for (const bandwidth of [2, 4]) {
      const found = evaluateMoments(log, { ...QUICK, bandwidth })
      const { bias } = found.smoothing[0]!
      // Epanechnikov: h² / 5 · f'' / 2, and f'' is −(2π / 24)² at the peak; what the model knows lessens it in DR, so that IPS is held to it.
      const expected = -((bandwidth ** 2 / 10) * ((2 * Math.PI) / PERIOD) ** 2)
      expect(estimateBy(found, 'snips').mean! - TRUTH).toBeCloseTo(expected, 1)
      if (bias.kind !== 'estimate') throw new Error(bias.reason)
      expect(Math.abs(bias.mean - (found.objectives[0]!.value.mean! - TRUTH))).toBeLessThan(0.04)
    }
  })

  it.each([
    [{ densities: [0, 1] }, {}, 'densities[0] must be above 0, got 0'],
    [{ targets: [1] }, {}, 'targets must be a column of 2 entries, got 1'],
    [{ moments: [1, Number.NaN] }, {}, 'moments[1] must be a finite number, got NaN'],
    [{}, { bandwidth: 13 }, 'bandwidth must be in (0, 12], half the period, got 13'],
    [{}, { kernel: 'flat' as 'cosine' }, 'kernel must be one of epanechnikov, gaussian, triangular, cosine, got flat'],
  ])('refuse what cannot be: %j %j', (over, options, message) => {
    const log = {
      moments: [1, 2],
      targets: [1, 2],
      densities: [1, 1],
      users: [0, 1],
      rewards: [{ name: 'visit', values: [0, 1] }],
      ...over,
    }
    expect(() => evaluateMoments(log, { ...QUICK, ...options })).toThrow(message)
  })

  it('are covered as often as intervals say where the bandwidth is small against what changes', () => {
    const runs = 100
    const holds: Record<string, number> = {}
    for (let run = 0; run < runs; run++) {
      const found = evaluateMoments(drawMoments(`moments ${run}`, 600), { ...QUICK, seed: `${run}`, bandwidth: 1 })
      for (const { name, estimate } of found.objectives[0]!.estimators)
        if (name !== 'dm') holds[name] = (holds[name] ?? 0) + (covers(estimate, TRUTH) === true ? 1 / runs : 0)
    }
    for (const [name, share] of Object.entries(holds))
      expect(Math.abs(share - 0.95), `${name} ${share}`).toBeLessThan(0.06)
  })
})
