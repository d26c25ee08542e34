import { describe, expect, it } from 'vitest'
import { normalQuantile, packedIndex, packedLength } from '../numeric/index.ts'
import { randomFrom } from '../random/index.ts'
import { createHead, updateHead } from './bayesian-head.ts'
import { coldPrior, fitHierarchy, type SisterEvidence } from './hierarchical-prior.ts'
import { sisterEvidence } from './sister-evidence.ts'

const B = [
  [0.5, 1, -0.5],
  [-0.2, 0, 0.8],
  [0, 0.3, 0],
]
const T = [0.09, 0.25, 0.01]

interface World {
  readonly z: () => number
  readonly random: () => number
}

function worldOf(key: string): World {
  const random = randomFrom(key)
  return { random, z: () => normalQuantile(Math.max(random(), 1e-300)) }
}

/** A message of the truth: its features and its weights. */
function drawMessage({ z, random }: World) {
  const features = [1, random() < 0.5 ? 1 : 0, z()]
  const weights = B.map((row, j) => row.reduce((sum, b, i) => sum + b * features[i]!, 0) + Math.sqrt(T[j]!) * z())
  return { features, weights }
}

/** What `n` rewards with random features and noise 1 say about a message's weights. */
function evidenceOf(message: ReturnType<typeof drawMessage>, n: number, { z }: World): SisterEvidence {
  const precision = new Float64Array(packedLength(3))
  const information = new Float64Array(3)
  for (let i = 0; i < n; i++) {
    const x = [1, z(), z()]
    const reward = x.reduce((sum, value, j) => sum + value * message.weights[j]!, 0) + z()
    for (let j = 0; j < 3; j++) {
      information[j]! += x[j]! * reward
      for (let l = 0; l <= j; l++) precision[packedIndex(j, l)]! += x[j]! * x[l]!
    }
  }
  return { features: message.features, precision, information }
}

const sistersOf = (world: World, count: number) =>
  Array.from({ length: count }, (_, s) => evidenceOf(drawMessage(world), 5 + ((s * 13) % 90), world))

describe('the hierarchy of sister messages', () => {
  it('finds B and T', () => {
    const { coefficients, variances } = fitHierarchy(sistersOf(worldOf('recover'), 800), { iterations: 60 })
    B.forEach((row, j) => {
      row.forEach((b, i) => {
        expect(Math.abs(coefficients[j]![i]! - b)).toBeLessThan(0.07)
      })
      expect(Math.abs(variances[j]! - T[j]!)).toBeLessThan(0.2 * T[j]! + 0.004)
    })
  })

  it.each([
    [12, 0.05],
    [40, 0.03],
  ])('gives %i sisters a prior that covers new messages as often as it says', (count, tolerance) => {
    let covered = 0
    const worlds = 100
    for (let key = 0; key < worlds; key++) {
      const world = worldOf(`cover ${count} ${key}`)
      const hierarchy = fitHierarchy(sistersOf(world, count), { iterations: 60 })
      for (let m = 0; m < 4; m++) {
        const { features, weights } = drawMessage(world)
        const prior = coldPrior(hierarchy, features)
        weights.forEach((weight, j) => {
          if (Math.abs(weight - prior.mean[j]!) < 1.645 * Math.sqrt(prior.variance[j]!)) covered++
        })
      }
    }
    expect(Math.abs(covered / (worlds * 12) - 0.9)).toBeLessThan(tolerance)
  })

  it('is the mean and spread of weights that are known exactly', () => {
    const sisters = [1, 2, 4, 5].map((weight) => ({
      features: [1],
      precision: Float64Array.of(1e12),
      information: Float64Array.of(1e12 * weight),
    }))
    const { coefficients, variances } = fitHierarchy(sisters)
    expect(coefficients[0]![0]).toBeCloseTo(3, 5)
    expect(variances[0]).toBeCloseTo(10 / 3, 5)
    // Doubt in the mean is another T / 4; three degrees of freedom widen by 3 / (3 − 2).
    expect(coldPrior(fitHierarchy(sisters), [1]).variance[0]).toBeCloseTo((10 / 3) * (1 + 1 / 4) * 3, 3)
  })

  it('takes its evidence from heads, without their prior', () => {
    const prior = createHead({ dimension: 2, priorMean: [3, -1], priorVariance: 0.5, noiseSd: 2, noiseWeight: 1e9 })
    const examples = [
      { features: [1, 0.5], reward: 2 },
      { features: [0, 1], reward: -1 },
    ]
    const { precision, information } = sisterEvidence(updateHead(prior, examples), prior, [1])
    // Σ x x' / 4 and Σ x r / 4.
    expect([...precision].map((value) => Number(value.toFixed(6)))).toEqual([0.25, 0.125, 0.3125])
    expect([...information].map((value) => Number(value.toFixed(6)))).toEqual([0.5, 0])
  })

  it('gives the same bits to the same sisters', () => {
    expect(fitHierarchy(sistersOf(worldOf('same'), 20))).toEqual(fitHierarchy(sistersOf(worldOf('same'), 20)))
  })

  it('refuses too few sisters and evidence that is no number', () => {
    const [sister] = sistersOf(worldOf('one'), 1)
    expect(() => fitHierarchy([sister!])).toThrow('sisters must be at least 6 for 3 features, got 1')
    const broken = { ...sister!, information: Float64Array.of(0, Number.NaN, 0) }
    expect(() => fitHierarchy([...new Array<SisterEvidence>(5).fill(sister!), broken])).toThrow(
      'sisters[5].information[1] must be a finite number, got NaN',
    )
    expect(() => coldPrior(fitHierarchy(sistersOf(worldOf('z'), 8)), [1])).toThrow('features.length must be 3, got 1')
  })
})
