import { expect, it } from 'vitest'
import { randomFrom } from '../random/index.ts'
import { type DrawAudit, type DrawnChoice, drawAuditor } from './draw-audit.ts'

const POLICY = 'paloma/thompson'

/** The action at which the sum of probabilities exceeds the draw. */
function drawn(probabilities: readonly number[], draw: number): DrawnChoice {
  let sum = 0
  const chosen = probabilities.findIndex((p) => {
    sum += p
    return draw < sum
  })
  return { policy: POLICY, probabilities, chosen, draw }
}

/** Probabilities of two to six actions, none below .02. */
function someProbabilities(random: () => number): readonly number[] {
  const weights = Array.from({ length: 2 + Math.floor(5 * random()) }, () => random() ** 3)
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const floor = 0.02
  return weights.map((weight) => floor + (1 - floor * weights.length) * (weight / total))
}

function auditOf(choices: Iterable<DrawnChoice>): DrawAudit {
  const auditor = drawAuditor()
  for (const choice of choices) auditor.add(choice)
  return auditor.result()[0]!
}

it('says mean, expectation and p-value of four choices that are worked out by hand', () => {
  const choices = Array.from({ length: 400 }, (_, i) => drawn([0.8, 0.2], (i + 0.5) / 400))
  const { choices: n, impossible, inverse, uniform, isSuspect } = auditOf(choices)
  expect({ n, impossible, isSuspect }).toEqual({ n: 400, impossible: 0, isSuspect: false })
  expect(inverse).toMatchObject({ mean: 2, expected: 2 })
  expect(inverse.pValue).toBeCloseTo(0.9900267027119241, 12)
  expect(uniform).toEqual({ statistic: 0, dof: 19, pValue: 1 })
  // 1/p − 2 is −.75 or 3 and has the variance 1/.8 + 1/.2 − 4 = 2.25; 100 choices of the second in place of 80 are .1875 = 2.5 standard errors off,
  // and 2.434375 once the skewness of the sum, .075, is taken into account.
  const shifted = Array.from({ length: 400 }, (_, i) => ({ ...drawn([0.8, 0.2], 0.1), chosen: i < 100 ? 1 : 0 }))
  const off = auditOf(shifted).inverse
  expect(off.mean).toBeCloseTo(2 + (100 * 3 - 300 * 0.75) / 400, 12)
  expect(off.pValue).toBeCloseTo(0.014917531311627, 9)
})

it('is calibrated: one alarm in twenty at five per cent, over 2,000 logs', () => {
  const random = randomFrom('draw audit')
  const logs = Array.from({ length: 2_000 }, () =>
    auditOf(Array.from({ length: 300 }, () => drawn(someProbabilities(random), random()))),
  )
  const share = (values: readonly (number | null | undefined)[]): number =>
    values.filter((p) => typeof p === 'number' && p < 0.05).length / values.length
  expect(logs.every(({ inverse }) => inverse.pValue !== null)).toBe(true)
  expect(Math.abs(share(logs.map(({ inverse }) => inverse.pValue)) - 0.05)).toBeLessThan(0.015)
  expect(Math.abs(share(logs.map(({ uniform }) => uniform?.pValue)) - 0.05)).toBeLessThan(0.015)
  expect(logs.filter(({ isSuspect }) => isSuspect)).toEqual([])
})

it('gets surer with every score further out, however far and however skewed', () => {
  // 1/p − 2 of [.9, .1] is −.889 or 8; 200 choices have a sum of skewness .189.
  const pValues = Array.from({ length: 181 }, (_, rare) => {
    const choices = Array.from({ length: 200 }, (_, i) => ({
      ...drawn([0.9, 0.1], 0.5),
      chosen: i < rare + 20 ? 1 : 0,
    }))
    return auditOf(choices).inverse.pValue!
  })
  expect(pValues[0]).toBeGreaterThan(0.9)
  for (const [i, p] of pValues.slice(1).entries()) expect(p).toBeLessThanOrEqual(pValues[i]!)
  expect(pValues.at(-1)).toBeLessThan(1e-100)
})

it('finds choices that were drawn from other probabilities, a draw that is not uniform, and what had no chance', () => {
  const random = randomFrom('wrong')
  const sharper = Array.from({ length: 2_000 }, () => {
    const logged = someProbabilities(random)
    const real = logged.map((p) => p ** 1.5)
    const total = real.reduce((sum, p) => sum + p, 0)
    const draw = random()
    return {
      ...drawn(
        real.map((p) => p / total),
        draw,
      ),
      probabilities: logged,
    }
  })
  expect(auditOf(sharper)).toMatchObject({ isSuspect: true, impossible: 0 })
  const lopsided = Array.from({ length: 2_000 }, () => drawn(someProbabilities(random), random() ** 1.3))
  expect(auditOf(lopsided).uniform!.pValue).toBeLessThan(1e-6)
  expect(auditOf([{ policy: POLICY, probabilities: [1, 0], chosen: 1, draw: 0.5 }])).toMatchObject({
    impossible: 1,
    isSuspect: true,
    choices: 0,
  })
})

it('judges nothing of choices without chance, of few, and of sums that one rare choice decides', () => {
  const auditor = drawAuditor()
  auditor.add({ policy: 'holdout/holdout', probabilities: [1], chosen: 0, draw: 0.3 })
  expect(auditor.result()).toEqual([])
  expect(auditOf([drawn([0.5, 0.5], 0.2)])).toMatchObject({
    inverse: { pValue: null },
    uniform: null,
    isSuspect: false,
  })
  const rare = Array.from({ length: 200 }, (_, i) => drawn([0.999, 0.001], (i + 0.5) / 200))
  expect(auditOf(rare)).toMatchObject({ inverse: { pValue: null }, uniform: { pValue: 1 }, isSuspect: false })
})

it('keeps policies apart, in the order of their names', () => {
  const auditor = drawAuditor()
  for (const policy of ['random/random', POLICY, 'random/random']) auditor.add({ ...drawn([0.5, 0.5], 0.7), policy })
  expect(auditor.result().map(({ policy, choices }) => [policy, choices])).toEqual([
    [POLICY, 1],
    ['random/random', 2],
  ])
})
