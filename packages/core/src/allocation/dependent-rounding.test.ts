import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chiSquareCdf } from '../numeric/index.ts'
import { randomFrom } from '../random/index.ts'
import { dependentRounding, type RoundingProblem } from './dependent-rounding.ts'

/** Users with skewed, partly zero distributions over actions. */
function randomProblem(key: string, users: number, resourceOf: readonly number[]): Omit<RoundingProblem, 'random'> {
  const random = randomFrom(key)
  const actions = resourceOf.length
  const probabilities = new Float64Array(users * actions)
  for (let user = 0; user < users; user++) {
    const weights = Array.from({ length: actions }, (_, a) => (a > 0 && random() < 0.3 ? 0 : random() ** 3 + 1e-3))
    const sum = weights.reduce((total, weight) => total + weight, 0)
    weights.forEach((weight, a) => {
      probabilities[user * actions + a] = weight / sum
    })
  }
  return { probabilities, actions, resourceOf: Int32Array.from(resourceOf), resources: 1 + Math.max(...resourceOf) }
}

function expectedUse({ probabilities, actions, resourceOf, resources }: Omit<RoundingProblem, 'random'>): Float64Array {
  const use = new Float64Array(resources)
  probabilities.forEach((p, i) => {
    const resource = resourceOf[i % actions]!
    if (resource >= 0) use[resource] = use[resource]! + p
  })
  return use
}

function expectFloorOrCeiling(problem: Omit<RoundingProblem, 'random'>, chosen: Int32Array): void {
  const counts = new Float64Array(problem.resources)
  for (const action of chosen) {
    const resource = problem.resourceOf[action]!
    if (resource >= 0) counts[resource] = counts[resource]! + 1
  }
  expectedUse(problem).forEach((use, resource) => {
    expect(counts[resource]).toBeGreaterThanOrEqual(Math.floor(use + 1e-9))
    expect(counts[resource]).toBeLessThanOrEqual(Math.ceil(use - 1e-9))
  })
}

describe('dependentRounding', () => {
  it('counts each resource by the floor or ceiling of its expectation and never draws probability 0', () => {
    const resource = fc.integer({ min: -1, max: 5 })
    fc.assert(
      fc.property(
        fc.array(resource, { minLength: 1, maxLength: 9 }),
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 0, max: 1e6 }),
        (resourceOf, users, key) => {
          const problem = randomProblem(`p${key}`, users, resourceOf)
          const chosen = dependentRounding({ ...problem, random: randomFrom(`r${key}`) })
          expectFloorOrCeiling(problem, chosen)
          chosen.forEach((action, user) => {
            expect(problem.probabilities[user * problem.actions + action]).toBeGreaterThan(0)
          })
        },
      ),
      { seed: 3, numRuns: 400 },
    )
  })

  it.each([
    ['one resource', [-1, 0, 0]],
    ['two resources and unlimited actions', [-1, 0, 0, 1, -1]],
    ['every action limited', [0, 1, 2, 2, 3]],
  ])('draws each action exactly with its probability: %s (chi-square test)', (name, resourceOf) => {
    const problem = randomProblem(name, 12, resourceOf)
    const random = randomFrom(`draws ${name}`)
    const runs = 6000
    const counts = new Float64Array(problem.probabilities.length)
    for (let run = 0; run < runs; run++) {
      const chosen = dependentRounding({ ...problem, random })
      chosen.forEach((action, user) => {
        counts[user * problem.actions + action]! += 1
      })
    }
    for (let user = 0; user < 12; user++) {
      let statistic = 0
      let cells = 0
      for (let i = user * problem.actions; i < (user + 1) * problem.actions; i++) {
        const p = problem.probabilities[i]!
        if (p === 0) continue
        statistic += (counts[i]! - runs * p) ** 2 / (runs * p)
        cells += 1
      }
      // 36 tests in all: an error of one in 10,000 each.
      if (cells > 1) expect(1 - chiSquareCdf(statistic, cells - 1)).toBeGreaterThan(1e-4)
    }
  })

  it('keeps a limit that equals the expectation, draw after draw', () => {
    const users = 30
    const probabilities = new Float64Array(users * 3)
    for (let user = 0; user < users; user++) probabilities.set([0.5, 0.3, 0.2], user * 3)
    const random = randomFrom('limit')
    for (let run = 0; run < 200; run++) {
      const problem = { probabilities, actions: 3, resourceOf: Int32Array.of(-1, 0, 1), resources: 2, random }
      const chosen = dependentRounding(problem)
      expect(chosen.filter((action) => action === 1).length).toBe(9)
      expect(chosen.filter((action) => action === 2).length).toBe(6)
    }
  })

  it('holds for thousands of users and many resources', () => {
    const resourceOf = Array.from({ length: 24 }, (_, a) => (a % 13) - 1)
    const problem = randomProblem('many', 5000, resourceOf)
    expectFloorOrCeiling(problem, dependentRounding({ ...problem, random: randomFrom('many draws') }))
  })

  it('gives the same choices to the same stream', () => {
    const problem = randomProblem('same', 50, [-1, 0, 1])
    const draw = () => dependentRounding({ ...problem, random: randomFrom('stream') })
    expect(draw()).toEqual(draw())
  })

  it('returns no choices for no users', () => {
    expect(dependentRounding({ ...randomProblem('none', 0, [-1, 0]), random: randomFrom('x') }).length).toBe(0)
  })

  it.each([
    [{ probabilities: Float64Array.of(0.5, 0.4) }, 'probabilities[0] must sum to 1, got 0.9'],
    [{ probabilities: Float64Array.of(1.5, -0.5) }, 'probabilities[0][1] must be a number ≥ 0, got -0.5'],
    [{ probabilities: Float64Array.of(1) }, 'must be a multiple of actions (2), got 1'],
    [{ resourceOf: Int32Array.of(-1, 1) }, 'resourceOf[1] must be in [-1, 1), got 1'],
  ])('refuses %o', (change, message) => {
    const good = {
      probabilities: Float64Array.of(0.5, 0.5),
      actions: 2,
      resourceOf: Int32Array.of(-1, 0),
      resources: 1,
    }
    expect(() => dependentRounding({ ...good, random: () => 0, ...change })).toThrow(message)
  })
})
